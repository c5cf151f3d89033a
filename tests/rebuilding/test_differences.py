"""What differs is told before anything is asked: code, settings, prompts, a stopped build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from builders.any_manifest import AnyManifest
from builders.code_version import read_code_version
from builders.rebuilding.differences import describe_rebuild, list_differences
from builders.rebuilding.reconstruct import reconstruct
from tests.rebuilding.manifests import (
    SERVED,
    instruction_build,
    pretraining_build,
    reasoning_build,
)

FAILED = "requests of the build ended in errors of the teacher"


def tell(manifest: AnyManifest, *, code: str = "0.1.0", **given: str) -> list[str]:
    """All but the word on failed requests, which each of these small builds has some of."""
    return [one for one in tell_all(manifest, code=code, **given) if FAILED not in one]


def tell_all(manifest: AnyManifest, *, code: str = "0.1.0", **given: str) -> list[str]:
    return list_differences(manifest, describe_rebuild(reconstruct(manifest, given)), code)


def test_the_same_code_and_recipe_differ_in_nothing() -> None:
    assert tell(reasoning_build()) == []
    assert tell(instruction_build(method="self-instruct")) == []


def test_another_code_version_is_told_with_its_commit() -> None:
    old = reasoning_build(code_version="0.1.0+g1a2b3c4d5e6f")
    (told,) = tell(old, code="0.2.0+gfedcba987654")
    assert "code version is 0.1.0+g1a2b3c4d5e6f, this is 0.2.0+gfedcba987654" in told
    assert "git checkout 1a2b3c4d5e6f" in told
    (plain,) = tell(reasoning_build(), code="0.2.0")
    assert "git checkout" not in plain


def test_uncommitted_changes_are_never_the_same() -> None:
    (told,) = tell(reasoning_build(code_version="0.1.0+gab.dirty"), code="0.1.0+gab.dirty")
    assert "changes that no commit holds" in told


def test_without_a_version_it_is_this_codes() -> None:
    manifest = reasoning_build(code_version="0.0.0-of-nobody")
    told = list_differences(manifest, describe_rebuild(reconstruct(manifest, {})))
    assert f"this is {read_code_version()}" in told[0]


def test_a_setting_that_the_manifest_does_not_know_is_told_with_its_default() -> None:
    build = reasoning_build()
    sampling: Any = build.recipe["sampling"]
    del sampling["top_p"]
    (told,) = tell(build)
    assert "settings that the manifest does not know" in told
    assert "sampling.top_p = 0.95" in told


def test_a_weight_that_the_manifest_does_not_know_is_told(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_text("{}")
    build = pretraining_build()
    mixture: Any = build.recipe["mixture"]
    del mixture["formats"]["web"]["forum"]
    (told,) = tell(build, SEEDS=str(path))
    assert "does not know, here at their defaults: mixture.formats.web.forum = 6" in told


def test_another_name_of_the_model_is_another_recipe() -> None:
    build = reasoning_build({"teacher": SERVED}, model="served-name")
    (told,) = tell(build, BASE_URL="http://b:1", MODEL="other")
    assert "teacher.model = 'other', there 'served-name'" in told


def test_prompts_and_settings_of_requests_are_compared() -> None:
    (told,) = tell(reasoning_build(system_prompts={"en": "Think.", "zh": "想。"}))
    assert "requests are not the manifest's (system_prompts.en; system_prompts.zh)" in told
    (told,) = tell(reasoning_build(sampling={"temperature": 0.6}))
    assert "sampling.chat_template_kwargs" in told
    changed = instruction_build(prompts={"tasks.en": "Write."})
    assert "prompts.tasks.en; prompts.tasks.zh" in tell(changed)[0]


def test_a_digest_that_no_setting_explains_is_told() -> None:
    (told,) = tell(reasoning_build(recipe_digest="cd" * 32))
    assert "though no setting differs" in told
    assert "cd" * 32 in told


def test_requests_that_failed_are_asked_again() -> None:
    build = reasoning_build()
    rejected = build.funnel.rejected | {"teacher_error": 3}
    failed = build.model_copy(
        update={"funnel": build.funnel.model_copy(update={"rejected": rejected})}
    )
    assert [one for one in tell_all(failed) if f"3 {FAILED}" in one]
    none = build.funnel.rejected | {"teacher_error": 0}
    calm = build.model_copy(update={"funnel": build.funnel.model_copy(update={"rejected": none})})
    assert tell_all(calm) == []
    few = instruction_build()
    errors = {stage: counts | {"teacher_error": 2} for stage, counts in few.funnel.rejected.items()}
    few = few.model_copy(update={"funnel": few.funnel.model_copy(update={"rejected": errors})})
    assert [one for one in tell_all(few) if f"{2 * len(errors)} {FAILED}" in one]


def test_a_stopped_build_goes_on() -> None:
    build = reasoning_build(rows_wanted=9, stop_reason="budget")
    told = tell(build)[-1]
    assert "was stopped (budget) and packaged 4 of 9 rows; the rebuild goes on" in told

"""The changelog: what differs between two releases, told from their manifests and nothing else."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from builders.any_manifest import AnyManifest
from builders.judged import Outcome
from builders.manifest import build_manifest
from builders.manifest_parts import manifest_bytes
from builders.publishing.changelog import MOST_SETTINGS, Release, list_changes, render_changes
from builders.publishing.changes import Change, Changes, CountPair, ValuePair
from builders.publishing.release_changes import tell_change
from builders.reasoning_rows import published_row
from tests.decontamination.outcomes import no_check
from tests.outcomes import checked, judge_facts, judged_outcome, small_facts, small_outcome
from tests.pretraining.outcomes import small_outcome as small_passages
from tests.publishing.releases import (
    Built,
    change_between,
    pretraining_build,
    reasoning_build,
    write_index,
)
from tests.test_card import html_blocks, shape_inline
from tests.test_instruction_manifest import small_manifest as instruction_manifest
from tests.test_manifest import file_records, small_manifest

GOLDEN = Path(__file__).parent / "changelog.md"
EVIL = "</details><script>x</script>\n---\n````\n| p | \\| {{ 7*7 }} {% include 'x' %} \u202e\x00"
ROWS = small_outcome().published


def changes_between(previous: Built, current: Built, **licenses: str) -> Changes:
    return list_changes(
        Release("1.0.0", previous.manifest, licenses.get("before", "apache-2.0")),
        Release("1.1.0", current.manifest, licenses.get("after", "apache-2.0")),
        change_between(previous, current),
    )


def same_rows(previous: AnyManifest, current: AnyManifest, change: Change) -> Changes:
    """Two manifests whose rows nobody looks at."""
    return list_changes(Release("1.0.0", previous, None), Release("1.0.1", current, None), change)


def no_change(folder: Path) -> Change:
    """The change of a build against itself."""
    built = reasoning_build(folder)
    return change_between(built, built)


def small_changes(folder: Path) -> Changes:
    """A release with a row more, made by another teacher with another prompt and setting."""
    prompts = {"en": "Think, then put the final answer in \\boxed{}."}
    recipe = {
        "rows": 5,
        "samples": 2,
        "seeds": {"source": "bundled:reasoning"},
        "teacher": {"llm": "vllm", "temperature": 0.7},
    }
    after: dict[str, Any] = {"recipe": recipe, "system_prompts": prompts, "code_version": "0.2.0"}
    after |= {"llm": "vllm", "model": "large-reasoner", "weights": "named", "license": "CC-BY-4.0"}
    return changes_between(
        reasoning_build(folder / "a"),
        reasoning_build(folder / "b", [*ROWS, checked("new?", "t", "r")], **after),
        after="other",
    )


def parse(text: str) -> list[Any]:
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def test_the_changelog_is_the_one_that_was_reviewed(tmp_path: Path) -> None:
    assert render_changes(small_changes(tmp_path)) == GOLDEN.read_text(encoding="utf-8")


def test_everything_that_differs_is_listed_and_nothing_else(tmp_path: Path) -> None:
    changes = small_changes(tmp_path)
    assert (changes.since, changes.version, changes.change.level) == ("1.0.0", "1.1.0", "minor")
    assert changes.rows == [
        CountPair(name="rows", before=4, after=5),
        CountPair(name="split train", before=4, after=5),
    ]
    assert [one.name for one in changes.teacher] == [
        "teacher",
        "teacher's LLM",
        "teacher's weights",
    ]
    assert [one.name for one in changes.prompts] == ["system_prompts.en"]
    assert changes.settings == [
        ValuePair(name="rows", before="4", after="5"),
        ValuePair(name="teacher.llm", before="embedded", after="vllm"),
        ValuePair(name="teacher.temperature", before="0.6", after="0.7"),
        ValuePair(name="teacher.max_tokens", before="1536", after=None),
    ]
    assert [(one.before, one.after) for one in changes.sources] == [
        ("SHA-256 abababababab…, licence Apache-2.0", "SHA-256 abababababab…, licence CC-BY-4.0")
    ]
    assert changes.licenses == [ValuePair(name="licence", before="apache-2.0", after="other")]
    assert changes.code_version == ValuePair(name="code version", before="0.1.0", after="0.2.0")
    assert changes.decontamination is None


def test_it_is_read_back_from_a_manifest_as_it_was_written(tmp_path: Path) -> None:
    changes = small_changes(tmp_path)
    assert Changes.model_validate_json(manifest_bytes(changes)) == changes


def test_the_same_build_again_differs_in_nothing(tmp_path: Path) -> None:
    changes = same_rows(small_manifest(), small_manifest(), no_change(tmp_path))
    text = render_changes(changes)
    assert "A patch change: rows, columns, splits and configs are the same." in text
    assert "0 added, 0 removed, 0 changed, 0 moved" in text
    assert (
        "Models, prompts, recipe, sources, licence, benchmarks and code version are the same."
        in text
    )


def test_funnels_stand_side_by_side_with_the_reasons_that_occur(tmp_path: Path) -> None:
    before = reasoning_build(tmp_path / "a")
    outcome = Outcome(published=ROWS, rejected=small_outcome().rejected[1:])
    manifest = build_manifest(outcome, small_facts(), file_records(4))
    after = Built(manifest, before.row_index)
    funnel = {one.name: (one.before, one.after) for one in changes_between(before, after).funnel}
    assert funnel["responses"] == (12, 11)
    assert funnel["rejected.refuted"] == (1, 0)
    assert "rejected.looping" not in funnel


def test_every_kind_has_a_changelog(tmp_path: Path) -> None:
    passages = small_passages()
    before = pretraining_build(tmp_path / "a", passages._replace(published=passages.published[:3]))
    text = render_changes(changes_between(before, pretraining_build(tmp_path / "b", passages)))
    assert "- 2 rows added" in text
    assert "| `prompts_asked` |" in text
    tasks = same_rows(
        instruction_manifest(), instruction_manifest(code_version="9"), no_change(tmp_path / "c")
    )
    assert "| `rejected.novelty.not_novel` | 1 | 1 |" in render_changes(tasks)


def test_a_judge_and_a_check_that_came_are_told(tmp_path: Path) -> None:
    def build(**facts: object) -> AnyManifest:
        wanted: Any = {"rows_wanted": 3, **facts}
        return build_manifest(judged_outcome(), small_facts(**wanted), file_records(3))

    judged = build(judge=judge_facts(accepts=True))
    other = build(judge=judge_facts(accepts=True, model="other"), decontamination=no_check())
    changes = same_rows(judged, other, no_change(tmp_path))
    assert changes.teacher == [ValuePair(name="judge", before="large-judge", after="other")]
    assert changes.decontamination is not None
    assert changes.decontamination.after == "nothing was checked"
    came = same_rows(small_manifest(), other, no_change(tmp_path)).teacher
    assert [(one.name, one.before) for one in came if "judge" in one.name] == [
        ("judge", None),
        ("judge's LLM", None),
        ("judge's word", None),
    ]


def test_rows_that_nobody_can_compare_are_told_as_such(tmp_path: Path) -> None:
    more = reasoning_build(tmp_path, [*ROWS, checked("new?", "t", "r")])
    change = tell_change(small_manifest(), more.manifest, None, more.row_index)
    text = render_changes(same_rows(small_manifest(), more.manifest, change))
    assert "**Nobody knows which rows changed**" in text


def test_long_values_and_many_settings_are_cut_and_counted(tmp_path: Path) -> None:
    recipe = {"long": "y" * 400, "many": {f"{n:03}": n for n in range(MOST_SETTINGS + 5)}}
    before, after = small_manifest(recipe={}), small_manifest(recipe=recipe)
    changes = same_rows(before, after, no_change(tmp_path))
    assert changes.settings[0].after == "400 characters, SHA-256 1e672295…"
    assert (len(changes.settings), changes.settings_left_out) == (MOST_SETTINGS, 6)
    assert "| more settings of the recipe | 6 | |" in render_changes(changes)


@pytest.mark.parametrize("evil", [EVIL, "[x](https://evil.example) <b>", "a|b", "`", "- # x"])
def test_hostile_names_change_no_structure_and_are_never_evaluated(
    tmp_path: Path, evil: str
) -> None:
    def render(name: str) -> str:
        facts: dict[str, Any] = {
            "model": name,
            "source": name,
            "code_version": name,
            "system_prompts": {name: name},
            "recipe": {name: {name: name}},
        }
        manifest = build_manifest(
            Outcome(published=ROWS, rejected=[]), small_facts(**facts), file_records(4)
        )
        served = [manifest.served_models[0].model_copy(update={"name": name})]
        features = [*manifest.configs[0].features, {"name": name, "dtype": name}]
        config = manifest.configs[0].model_copy(update={"features": features})
        configs = [config, *manifest.configs[1:]]
        manifest = manifest.model_copy(update={"served_models": served, "configs": configs})
        rows = [published_row(ROWS[0]) | {"id": name}, *map(published_row, ROWS[1:])]
        index, _ = write_index(tmp_path, train=rows)
        before = reasoning_build(tmp_path / "before")
        return render_changes(changes_between(before, Built(manifest, index), after=name))

    hostile, harmless = render(evil), render("https://plain.example/name")
    assert [one.type for one in parse(hostile)] == [one.type for one in parse(harmless)]
    assert shape_inline(parse(hostile)) == shape_inline(parse(harmless))
    assert html_blocks(parse(hostile)) == html_blocks(parse(harmless))
    assert "\u202e" not in hostile
    assert "49" not in re.sub("[0-9a-f]{8,}", "", html.unescape(hostile))

"""Models are the same by digest or name; addresses come from the user, who is told so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from builders.errors import RecipeError
from builders.model_files import name_gguf, name_model_folder
from builders.rebuilding.places import place_judge, place_teacher
from tests.outcomes import judge_facts, judged_outcome
from tests.rebuilding.manifests import REASONER, SERVED, reasoning_build
from tests.test_card import manifest_of

STARTED: dict[str, Any] = {"llm": "vllm", "model": "Qwen/Qwen3-8B"}


def judged(**judge: object) -> Any:  # noqa: ANN401  # a manifest of any kind
    facts = judge_facts(accepts=True, **judge)
    return manifest_of(judged_outcome(), judge=facts, rows_wanted=3)


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF and so on")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "small-model"
    path.mkdir()
    (path / "config.json").write_text("{}")
    return path


def test_the_bundled_model_needs_nothing() -> None:
    placed = place_teacher(reasoning_build(), {"CONCURRENCY": "4"}, "reasoner")
    assert placed.settings == {"model": "", "concurrency": "4", "batch": False}
    assert (placed.model, placed.warnings) == (REASONER, [])


def test_another_bundled_model_ends_the_rebuild() -> None:
    old = reasoning_build(model="embedded-reasoner@00000000")
    with pytest.raises(
        RecipeError, match=f"of this code is {REASONER}, and embedded-reasoner@0000"
    ):
        place_teacher(old, {}, "reasoner")
    with pytest.raises(RecipeError, match="MODEL=x: the bundled model answered"):
        place_teacher(reasoning_build(), {"MODEL": "x"}, "reasoner")


def test_local_weights_are_the_same_file(gguf: Path, tmp_path: Path) -> None:
    build = reasoning_build({"teacher": {"model": str(gguf)}}, model=name_gguf(gguf))
    assert place_teacher(build, {"MODEL": str(gguf)}, "reasoner").model == name_gguf(gguf)
    with pytest.raises(RecipeError, match=r"MODEL is needed: small\.gguf@\w{8} answered"):
        place_teacher(build, {}, "reasoner")
    changed = tmp_path / "changed" / "small.gguf"
    changed.parent.mkdir()
    changed.write_bytes(b"GGUF and so forth")
    with pytest.raises(RecipeError, match=re.escape(f"is {name_gguf(changed)}, and ")) as told:
        place_teacher(build, {"MODEL": str(changed)}, "reasoner")
    assert name_gguf(gguf) in str(told.value)


def test_a_server_is_asked_under_the_recorded_name() -> None:
    build = reasoning_build({"teacher": SERVED}, model="served-name")
    placed = place_teacher(build, {"BASE_URL": "http://b:1"}, "reasoner")
    assert (placed.settings["model"], placed.settings["base_url"]) == ("served-name", "http://b:1")
    assert placed.warnings == []
    with pytest.raises(RecipeError, match="BASE_URL is needed: served-name answered at a server"):
        place_teacher(build, {}, "reasoner")


def test_another_name_at_a_server_is_a_warning() -> None:
    build = reasoning_build({"teacher": SERVED}, model="served-name")
    placed = place_teacher(build, {"BASE_URL": "http://b:1", "MODEL": "/models/other"}, "reasoner")
    assert placed.model == "/models/other"
    (warning,) = placed.warnings
    assert "name the model other, and those of the manifest named it served-name" in warning


def test_a_path_that_a_manifest_cuts_is_the_same_name() -> None:
    build = reasoning_build({"teacher": SERVED}, model="/models/qwen")
    assert build.teacher.model == "qwen"
    given = {"BASE_URL": "http://b:1", "MODEL": "/models/qwen"}
    assert place_teacher(build, given, "reasoner").warnings == []


def test_a_started_server_is_started_again() -> None:
    build = reasoning_build({"teacher": STARTED}, model="Qwen/Qwen3-8B")
    placed = place_teacher(build, {"VLLM_ARGS": "--max-model-len 9"}, "reasoner")
    assert placed.settings["model"] == "Qwen/Qwen3-8B"
    assert placed.settings["vllm_args"] == "--max-model-len 9"


def test_a_name_is_never_a_flag_of_the_server() -> None:
    build = reasoning_build({"teacher": STARTED}, model="--trust-remote-code")
    started = build.teacher.model_copy(update={"weights": "named"})
    with pytest.raises(RecipeError, match="does not begin with -"):
        place_teacher(build.model_copy(update={"teacher": started}), {}, "reasoner")


def test_a_local_folder_is_the_same_by_its_digest(folder: Path) -> None:
    name = name_model_folder(folder)
    build = reasoning_build({"teacher": {"llm": "vllm", "model": str(folder)}}, model=name)
    assert build.teacher.weights == "local"
    assert place_teacher(build, {"MODEL": str(folder)}, "reasoner").warnings == []
    with pytest.raises(RecipeError, match="BASE_URL is needed"):
        place_teacher(build, {}, "reasoner")
    (folder / "config.json").write_text("{ }")
    with pytest.raises(RecipeError, match=rf"is small-model@\w+, and {name} answered"):
        place_teacher(build, {"MODEL": str(folder)}, "reasoner")


def test_a_providers_model_is_not_replaced() -> None:
    overrides = {"teacher": {"llm": "dashscope", "model": "qwen-plus"}}
    build = reasoning_build(overrides, model="qwen-plus")
    placed = place_teacher(build, {"REGION": "intl", "MODEL": "qwen-plus"}, "reasoner")
    assert (placed.settings["model"], placed.settings["region"]) == ("qwen-plus", "intl")
    with pytest.raises(RecipeError, match="MODEL=qwen-max: qwen-plus answered the build"):
        place_teacher(build, {"MODEL": "qwen-max"}, "reasoner")


def test_a_judge_is_placed_as_a_teacher_is(gguf: Path) -> None:
    assert place_judge(reasoning_build(), {}) is None
    with pytest.raises(RecipeError, match="had no judge"):
        place_judge(reasoning_build(), {"JUDGE_MODEL": "x"})
    served = judged(llm="vllm", model="judge-name")
    placed = place_judge(served, {"JUDGE_BASE_URL": "http://j:1"})
    assert placed is not None
    assert placed.settings == {"enabled": True, "base_url": "http://j:1", "model": "judge-name"}
    with pytest.raises(RecipeError, match="JUDGE_BASE_URL is needed: judge-name"):
        place_judge(served, {})
    local = judged(llm="embedded", model=name_gguf(gguf))
    found = place_judge(local, {"JUDGE_MODEL": str(gguf)})
    assert found is not None
    assert found.settings["model"] == str(gguf)
    with pytest.raises(RecipeError, match="JUDGE_MODEL is needed"):
        place_judge(local, {})
    provider = judged(llm="dashscope", model="qwen-plus")
    with pytest.raises(RecipeError, match="JUDGE_MODEL=other: qwen-plus answered"):
        place_judge(provider, {"JUDGE_MODEL": "other"})

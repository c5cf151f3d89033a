"""A published dataset's card: pinned to its tag, with its history and citation; deaf to names."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders.any_manifest import AnyManifest
from builders.card import render_card
from builders.manifest_parts import ROW_INDEX_NAME, FileRecord
from builders.release_card import cite_release
from tests.card_checks import check_structure
from tests.outcomes import checked, small_outcome
from tests.pretraining.test_manifest import small_manifest as pretraining_manifest
from tests.publishing.releases import (
    previous_release,
    reasoning_build,
    release_facts,
    released,
)
from tests.publishing.test_changelog import changes_between
from tests.test_card import EVIL, HARMLESS, front_matter
from tests.test_instruction_manifest import small_manifest as instruction_manifest
from tests.test_manifest import small_manifest

GOLDEN = Path(__file__).parent / "golden" / "reasoning_card_release.md"
KINDS = [small_manifest(), instruction_manifest(), pretraining_manifest()]


def second_release(folder: Path, **previous: str) -> AnyManifest:
    """The small build and a row more as version 1.1.0; `previous` are fields of the 1.0.0."""
    folder.mkdir(exist_ok=True)
    first = reasoning_build(folder / "a")
    second = reasoning_build(folder / "b", [*small_outcome().published, checked("New?", "t", "r")])
    earlier = previous_release("1.0.0", rows=first.manifest.rows.published, **previous)
    changes = changes_between(first, second)
    return released(second.manifest, version="1.1.0", previous=[earlier], changes=changes)


def section(card: str, heading: str) -> str:
    """From the heading to the next one of its rank."""
    return card.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]


def python_blocks(card: str) -> list[str]:
    return re.findall(r"```python\n(.*?)\n```", card, re.DOTALL)


def load_calls(card: str) -> list[dict[str, str]]:
    """The arguments of each call of `load_dataset`, as Python reads them; a name as its own."""
    calls = [
        node
        for block in python_blocks(card)
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "load_dataset"
    ]
    return [
        {str(number): ast.unparse(value) for number, value in enumerate(call.args)}
        | {str(one.arg): ast.unparse(one.value) for one in call.keywords}
        for call in calls
    ]


def test_what_a_release_adds_is_the_golden_one(tmp_path: Path) -> None:
    card = render_card(second_release(tmp_path))
    added = [
        f"## {heading}\n{section(card, heading)}"
        for heading in ("Load it", "Sources and licences", "Version history", "Citation")
    ]
    assert "\n".join(added) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("manifest", KINDS)
def test_every_load_is_pinned_to_the_tag(manifest: AnyManifest) -> None:
    calls = load_calls(render_card(released(manifest, version="1.2.0")))
    assert len(calls) >= 2
    for call in calls:
        assert (call["0"], call["revision"]) == ("'me/small-set'", "'v1.2.0'")


@pytest.mark.parametrize("manifest", KINDS)
def test_a_build_that_was_not_published_speaks_of_no_version(manifest: AnyManifest) -> None:
    card = render_card(manifest)
    assert {call["0"] for call in load_calls(card)} == {"folder"}
    assert not any("revision" in call for call in load_calls(card))
    assert "Version history" not in card
    assert "This version of the dataset" not in card


@pytest.mark.parametrize("manifest", KINDS)
def test_a_trainer_is_shown_that_takes_the_loaded_rows(manifest: AnyManifest) -> None:
    snippet = next(one for one in python_blocks(render_card(manifest)) if "SFTTrainer" in one)
    ast.parse(snippet)
    loaded = python_blocks(render_card(manifest))[0].split("\n")
    rows = next(line.split(" = ")[0] for line in loaded if "load_dataset(folder, split" in line)
    assert re.search(rf"train_dataset={rows}\.", snippet)
    assert snippet.endswith("trainer.train()")


@pytest.mark.parametrize("manifest", KINDS)
def test_every_kind_tells_its_first_release(manifest: AnyManifest) -> None:
    card = render_card(released(manifest))
    assert "Version 1.0.0 of `me/small-set`; see the [version history]" in card
    told = (
        f"| **1.0.0**, this one | {manifest.rows.published} | tag `v1.0.0` | The first release. |"
    )
    assert told in section(card, "Version history")
    assert "### " not in section(card, "Version history")
    assert front_matter(card) == front_matter(render_card(manifest))


def test_a_later_release_tells_the_earlier_ones_and_what_it_changed(tmp_path: Path) -> None:
    history = section(render_card(second_release(tmp_path, told="It began.")), "Version history")
    assert "| **1.1.0**, this one | 5 | tag `v1.1.0` | Minor: 1 row added. |" in history
    assert "| 1.0.0 | 4 | `abababababab` | It began. |" in history
    assert "### 1.1.0, since 1.0.0" in history


def test_hostile_text_of_an_earlier_release_changes_no_structure(tmp_path: Path) -> None:
    evil, plain = (
        render_card(second_release(tmp_path / name, told=text, commit=text))
        for name, text in (("evil", EVIL), ("plain", HARMLESS))
    )
    assert front_matter(evil) == front_matter(plain)
    check_structure(evil, plain)


@pytest.mark.parametrize("make", [small_manifest, instruction_manifest, pretraining_manifest])
@pytest.mark.parametrize("publish", [released, lambda manifest: manifest])
def test_hostile_names_in_a_decided_licence_change_no_structure(
    make: Callable[..., AnyManifest], publish: Callable[[AnyManifest], AnyManifest]
) -> None:
    """Credit lines, whose word it was, terms of a model that nobody knows, the recipe."""

    def render(text: str) -> str:
        teacher: dict[str, Any] = {"llm": "vllm", "weights": "named", "model": text}
        recipe = {"seeds": {"license": "cc-by-4.0", "source": text}}
        names: dict[str, Any] = {"source": text, "revision": text, "license": text}
        return render_card(publish(make(**teacher, **names, recipe=recipe)))

    evil, plain = render(EVIL), render(HARMLESS)
    check_structure(evil, plain)
    assert front_matter(evil)["license"] == front_matter(plain)["license"] == "other"
    assert "Credit:" in section(evil, "Sources and licences")


def test_the_citation_names_repository_version_and_tag() -> None:
    release = release_facts(small_manifest(), repo="my_org/a_set.v2", version="2.0.1")
    assert cite_release(release) == "\n".join(
        [
            "@misc{my_org-a_set.v2-2.0.1,",
            r"  title        = {a\_set.v2},",
            r"  author       = {{my\_org}},",
            "  note         = {Version 2.0.1},",
            "  howpublished = {Hugging Face Hub},",
            "  url          = {https://huggingface.co/datasets/my_org/a_set.v2/tree/v2.0.1}",
            "}",
        ]
    )


def test_the_row_index_is_explained_where_there_is_one() -> None:
    manifest = small_manifest()
    record = FileRecord(
        folder="dataset",
        path=ROW_INDEX_NAME,
        config=None,
        split=None,
        rows=manifest.rows.published,
        bytes=1,
        memory_bytes=1,
        sha256="ab" * 32,
    )
    indexed = manifest.model_copy(update={"files": [*manifest.files, record]})
    assert "`row_index.parquet` holds the id and digests of every row" in render_card(indexed)
    assert ROW_INDEX_NAME not in render_card(manifest)

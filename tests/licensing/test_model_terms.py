"""Whose terms hold: the weights' and the service's, of the teacher and of the judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.any_manifest import AnyManifest
from builders.licensing.facts import ModelTerms
from builders.licensing.model_terms import list_model_terms
from builders.licensing.teacher_terms import load_terms_tables
from tests.licensing.manifests import (
    HOSTILE,
    judged_by,
    judged_reasoning,
    one_source,
    served_as,
    several_sources,
    taught_by,
)

OWN = """
[[teachers]]
models = ["my-*", "Qwen/Qwen3-8B", "qwen3-8b"]
name = "Our agreement"
openness = "open"
says = "All is allowed."
url = "https://example.org/terms"
read_on = 2026-11-21
"""
OWN_SERVICE = """
[[services]]
llm = "dashscope"
name = "Our agreement with the service"
openness = "open"
says = "All is allowed."
url = "https://example.org/service"
read_on = 2026-11-21
"""


def terms_of(manifest: AnyManifest, own: Path | None = None) -> list[ModelTerms]:
    return list_model_terms(manifest, load_terms_tables(own))


def write_own(folder: Path, text: str = OWN) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundled_model_is_this_projects_own() -> None:
    (one,) = terms_of(one_source("mit"))
    assert (one.openness, one.named_only) == ("open", False)
    assert [terms.license for terms in one.terms] == ["apache-2.0"]
    (writer,) = terms_of(several_sources(a="mit"))
    assert writer.openness == "open"


def test_weights_that_this_build_started_need_no_reservation() -> None:
    (started,) = terms_of(taught_by("Qwen/Qwen3-8B", started=True))
    (somewhere,) = terms_of(taught_by("Qwen/Qwen3-8B"))
    assert (started.openness, started.named_only) == ("open", False)
    assert (somewhere.openness, somewhere.named_only) == ("open", True)


def test_a_local_file_has_no_known_terms_whatever_its_name() -> None:
    for name in ("Qwen3-8B@0123abcd", "Qwen/Qwen3-8B@0123abcd", "gpt-4o@0123abcd"):
        (one,) = terms_of(taught_by(name, weights="local"))
        assert (one.openness, one.terms) == ("unknown", [])


def test_ones_own_table_speaks_of_local_files_and_wins_over_the_bundled_one(
    tmp_path: Path,
) -> None:
    own = write_own(tmp_path)
    (local,) = terms_of(taught_by("my-model@0123abcd", weights="local"), own)
    assert local.openness == "open"
    (named,) = terms_of(taught_by("Qwen/Qwen3-8B"), own)
    assert [(one.name, one.own_table) for one in named.terms] == [("Our agreement", True)]
    (other,) = terms_of(taught_by("Qwen/Qwen3-14B"), own)
    assert [one.own_table for one in other.terms] == [False]


def test_at_dashscope_the_services_terms_hold_beside_the_weights() -> None:
    (one,) = terms_of(taught_by("qwen3-8b", llm="dashscope"))
    assert one.openness == "restricted"
    assert [(t.about, t.openness) for t in one.terms] == [
        ("weights", "open"),
        ("service", "restricted"),
    ]
    assert not one.named_only
    (stranger,) = terms_of(taught_by("no-such-model", llm="dashscope"))
    assert [t.about for t in stranger.terms] == ["service"]
    assert stranger.openness == "restricted"


def test_an_agreement_with_the_service_leaves_the_weights_to_be_known(tmp_path: Path) -> None:
    own = write_own(tmp_path, OWN_SERVICE)
    (known,) = terms_of(taught_by("qwen3-32b", llm="dashscope"), own)
    assert known.openness == "open"
    assert [one.own_table for one in known.terms] == [False, True]
    (closed,) = terms_of(taught_by("qwen-plus", llm="dashscope"), own)
    assert closed.openness == "unknown"
    (stranger,) = terms_of(taught_by("no-such-model", llm="dashscope"), own)
    assert stranger.openness == "unknown"


def test_a_provider_is_known_by_the_names_of_its_models() -> None:
    (one,) = terms_of(taught_by("gpt-4o-mini"))
    assert [(t.about, t.openness) for t in one.terms] == [("service", "restricted")]


def test_a_server_that_names_a_restricted_model_is_believed() -> None:
    asked = taught_by("Qwen/Qwen3-8B")
    found = terms_of(served_as(asked, "gpt-4o-2024-08-06"))
    assert [(one.model, one.openness) for one in found] == [
        ("Qwen/Qwen3-8B", "open"),
        ("gpt-4o-2024-08-06", "restricted"),
    ]
    assert len(terms_of(served_as(asked, "Qwen/Qwen3-8B-FP8"))) == 1
    assert len(terms_of(served_as(asked, "anything"))) == 1
    assert [one.openness for one in terms_of(served_as(taught_by("mine"), "claude-x"))] == [
        "unknown",
        "restricted",
    ]
    plus = taught_by("qwen-plus", llm="dashscope")
    assert len(terms_of(served_as(plus, "qwen-plus-2026-01-01"))) == 1


def test_the_judge_counts_as_an_author() -> None:
    for manifest in (judged_by("gpt-4o"), judged_reasoning("gpt-4o")):
        teacher, judge = terms_of(manifest)
        assert (teacher.role, teacher.openness) == ("teacher", "open")
        assert (judge.role, judge.openness, judge.named_only) == ("judge", "restricted", True)


def test_a_judge_in_a_local_file_has_no_known_terms() -> None:
    assert terms_of(judged_by("Qwen/Qwen3-8B@0123abcd"))[1].openness == "unknown"
    assert terms_of(judged_by("gpt-4o.gguf@0123abcd", llm="embedded"))[1].terms == []
    assert terms_of(judged_by("qwen-plus", llm="dashscope"))[1].openness == "restricted"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_have_no_known_terms_and_stay_short(name: str) -> None:
    for manifest in (taught_by(name), taught_by(name, weights="local"), judged_by(name)):
        one = terms_of(manifest)[-1]
        assert one.openness == "unknown"
        assert len(one.model) <= 201

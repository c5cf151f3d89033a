"""The words of a decision: plain, complete, on one line each, and only what is known."""

from __future__ import annotations

import pytest

from builders.licensing.decide import decide_license
from builders.licensing.wording import license_file_text, shorten_name
from tests.licensing.manifests import (
    HOSTILE,
    hub_source,
    one_source,
    several_sources,
    taught_by,
)


def text_of(**arguments: str) -> str:
    manifest = taught_by(**arguments)
    return " ".join(decide_license(manifest).paragraphs)


def test_terms_are_given_with_address_day_and_what_was_read() -> None:
    text = text_of(model="google/gemma-3-4b-it", license="mit")
    assert "Gemma Terms of Use" in text
    assert "https://ai.google.dev/gemma/terms" in text
    assert "read 2026-11-21; copies of the terms" in text
    assert "Its terms limit what its output may be used for." in text


def test_both_agreements_of_dashscope_are_linked() -> None:
    text = text_of(model="qwen-plus", llm="dashscope", license="mit")
    assert "alibabacloud.com" in text
    assert "terms.alicdn.com" in text


def test_a_name_that_a_server_gave_is_told_as_such() -> None:
    assert "A server answered under the name" in text_of(model="Qwen/Qwen3-8B", license="mit")
    service = text_of(model="gpt-4o", license="mit")
    assert "a server answered as gpt-4o" in service
    assert "are not recorded here" not in service
    started = taught_by("Qwen/Qwen3-8B", started=True)
    assert "A server answered" not in " ".join(decide_license(started).paragraphs)


def test_conditions_are_said_in_plain_words() -> None:
    narrow = " ".join(decide_license(one_source("cc-by-nc-sa-4.0")).paragraphs)
    assert "Non-commercial use only." in narrow
    assert "has to come under the same licence" in narrow
    assert "Non-commercial" not in " ".join(decide_license(one_source("mit")).paragraphs)
    unknown = decide_license(taught_by("who", license="cc-by-nc-4.0"))
    assert "Non-commercial use only." in unknown.paragraphs
    assert "The sources alone would allow cc-by-nc-4.0." in " ".join(unknown.paragraphs)


def test_whose_word_a_licence_of_a_source_is() -> None:
    by_user = decide_license(hub_source("other"), seeds_license="mit")
    text = " ".join(by_user.paragraphs)
    assert "that the publisher of this dataset stated: owner/data: mit." in text
    assert "Of owner/data, the source's own card says: 'other'." in text
    assert "stated:" not in " ".join(decide_license(hub_source("mit")).paragraphs)


def test_many_sources_make_no_endless_sentence() -> None:
    manifest = several_sources(**{f"file-{n}.jsonl": "mit" for n in range(40)})
    assert "and 32 more" in " ".join(decide_license(manifest).paragraphs)


def test_every_decision_says_that_it_is_no_advice() -> None:
    for manifest in (one_source("mit"), taught_by("who"), several_sources(a="mit", b="odc-by")):
        assert "no legal advice" in decide_license(manifest).paragraphs[-1]


def test_the_license_file_names_licence_conditions_and_credit() -> None:
    text = license_file_text(decide_license(hub_source("cc-by-4.0")))
    assert text.startswith(
        "Creative Commons Attribution 4.0 (cc-by-4.0)\n\n"
        "https://creativecommons.org/licenses/by/4.0/\n"
    )
    assert "Credit:\n\n- owner/data (https://huggingface.co/datasets/owner/data/tree/" in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_license_file_of_no_single_licence_says_so_first() -> None:
    decision = decide_license(taught_by("meta-llama/Llama-3.3-70B-Instruct"))
    text = license_file_text(decision)
    assert text.startswith("No single licence: see the terms below\n\nBuilt with Llama\n\n")
    assert "llama3_3/LICENSE" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_cannot_break_a_line_or_make_an_address(name: str) -> None:
    manifest = hub_source("cc-by-4.0").model_copy(deep=True)
    seeds = manifest.seeds.model_copy(  # type: ignore[union-attr]
        update={"source": name, "revision": f"{name}/../.."}
    )
    (one,) = decide_license(manifest.model_copy(update={"seeds": seeds})).attribution
    assert one.source_url is None
    assert "\n" not in one.text
    assert len(one.text) < 600


def test_a_name_is_cut_and_put_on_one_line() -> None:
    assert shorten_name("a\n\tb") == "a b"
    assert len(shorten_name("x" * 10_000)) == 201

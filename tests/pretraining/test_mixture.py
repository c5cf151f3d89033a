"""The mixture's weights: defaults after Cosmopedia, what a recipe names changes them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from builders.pretraining.mixture import MixtureConfig
from builders.pretraining.mixture_weights import AUDIENCES_BY_FORMAT, FORMATS_BY_KIND, SOURCES
from distilabel_pipelines.passages import FORMATS


def make(settings: dict[str, object]) -> MixtureConfig:
    return MixtureConfig.model_validate(settings)


def test_the_default_shares_are_those_of_cosmopedia() -> None:
    assert SOURCES["web"] == 83
    assert SOURCES["textbook"] + SOURCES["outline"] + SOURCES["title"] == 16
    assert SOURCES["story"] == 1
    assert set(FORMATS_BY_KIND["web"]) == set(FORMATS) == set(AUDIENCES_BY_FORMAT)
    structured = ("faq", "table", "math", "tutorial", "knowledge_list", "paraphrase")
    web = FORMATS_BY_KIND["web"]
    assert sum(web[name] for name in structured) > sum(web.values()) / 2


def test_what_is_named_changes_the_default_and_the_rest_stays() -> None:
    mixture = make({"sources": {"web": 50, "my.jsonl": 5}, "formats": {"web": {"faq": 0}}})
    assert mixture.sources == SOURCES | {"web": 50, "my.jsonl": 5}
    assert "faq" not in mixture.weigh_formats("web", "x")
    assert mixture.weigh_formats("web", "x")["math"] == FORMATS_BY_KIND["web"]["math"]
    assert make({}) == MixtureConfig()


def test_the_name_of_a_source_goes_before_its_kind() -> None:
    mixture = make({"formats": {"my.jsonl": {"faq": 1}}})
    assert mixture.weigh_formats("web", "my.jsonl") == {"faq": 1}
    assert len(mixture.weigh_formats("web", "other")) == len(FORMATS)


def test_only_formats_and_audiences_leave_the_others_out() -> None:
    mixture = make({"only_formats": ["faq", "paraphrase"], "only_audiences": ["professionals"]})
    assert mixture.weigh_formats("web", "x") == {"faq": 12, "paraphrase": 6}
    assert mixture.weigh_formats("title", "x") == {"faq": 12}
    assert mixture.weigh_formats("story", "x") == {"faq": 1}
    assert mixture.weigh_audiences("faq") == {"professionals": 1}
    assert mixture.weigh_audiences("story") == {"professionals": 1}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"formats": {"web": {"fqa": 1}}}, r"unknown format in mixture\.formats\.web: 'fqa' .*faq"),
        ({"audiences": {"faq": {"kids": 1}}}, r"audiences\.faq: 'kids'.*young_children"),
        ({"audiences": {"fqa": {"general": 1}}}, r"mixture\.audiences: 'fqa'"),
        ({"only_formats": ["poem"]}, r"only_formats: 'poem'.*wikihow, textbook_narrative"),
        ({"only_audiences": ["all"]}, "only_audiences: 'all'"),
        ({"sources": {"web": -1}}, r"mixture\.sources\.web = -1: a weight is 0 or more"),
        ({"sources": {"web": float("nan")}}, r"mixture\.sources\.web = nan"),
        ({"formats": {"my.jsonl": {"faq": 0}}}, r"mixture\.formats\.my\.jsonl: every weight is 0"),
        ({"formats": {"title": {"paraphrase": 1}}}, "paraphrase needs a text to start from"),
        ({"formats": {"prompt": {"faq": 1}}}, "such sources bring their own format"),
        ({"formats": {"web": 3}}, r"formats\.web"),
        ({"uses_per_source": 13}, "uses_per_source"),
    ],
)
def test_what_cannot_be_mixed_is_refused_with_the_allowed_names(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        make(settings)

"""The terms of teachers: found by name and place, the most precise pattern first, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.licensing.errors import LicenseError
from builders.licensing.teacher_terms import (
    Where,
    choose_strictest,
    known_terms,
    load_terms_tables,
    read_terms_table,
)
from tests.licensing.manifests import HOSTILE

GOOD = """
[[teachers]]
models = ["My-Model*"]
name = "My terms"
license = "mit"
openness = "open"
says = "All is allowed."
url = "https://example.org/terms"
read_on = 2026-11-21
"""
HUB: frozenset[Where] = frozenset({"hub", "api"})
DASHSCOPE: frozenset[Where] = frozenset({"dashscope"})


def write(folder: Path, text: str) -> Path:
    path = folder / "my terms.toml"
    path.write_text(text, encoding="utf-8")
    return path


def openness(model: str, places: frozenset[Where] = HUB) -> str:
    found = known_terms().find_teacher(model, places)
    return "none" if found is None else found.openness


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("Qwen/Qwen3-8B", "open"),
        ("qwen/qwen3-8b", "open"),
        ("Qwen/Qwen3-235B-A22B-Thinking-2507", "open"),
        ("Qwen/Qwen3.5-9B", "open"),
        ("Qwen/Qwen3.6-35B-A3B", "open"),
        ("Qwen/Qwen3.8-27B-FP8", "open"),
        ("Qwen/Qwen3.8-2.4T-A95B", "unknown"),
        ("Qwen/Qwen3.8-Flash-Next", "unknown"),
        ("Qwen/QwQ-32B", "open"),
        ("Qwen/Qwen2.5-7B-Instruct", "open"),
        ("Qwen/Qwen2.5-72B-Instruct", "restricted"),
        ("Qwen/Qwen2.5-3B-Instruct", "restricted"),
        ("deepseek-ai/DeepSeek-R1", "open"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "open"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "restricted"),
        ("deepseek-ai/DeepSeek-V3", "restricted"),
        ("deepseek-ai/DeepSeek-V3-0324", "open"),
        ("deepseek-ai/DeepSeek-V3.2-Exp", "open"),
        ("meta-llama/Llama-3.1-8B-Instruct", "restricted"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "restricted"),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "restricted"),
        ("google/gemma-3-27b-it", "restricted"),
        ("google/gemma-4-31B-it", "open"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "open"),
        ("mistralai/Mistral-Large-Instruct-2411", "restricted"),
        ("microsoft/phi-4", "open"),
        ("zai-org/GLM-4.5-Air", "open"),
        ("openai/gpt-oss-120b", "open"),
        ("gpt-4o-mini", "restricted"),
        ("openai/gpt-5", "restricted"),
        ("claude-sonnet-4-5", "restricted"),
        ("gemini-2.5-pro", "restricted"),
        ("deepseek-chat", "open"),
        ("qwen-plus", "restricted"),
    ],
)
def test_known_models_have_the_terms_that_were_read(model: str, expected: str) -> None:
    assert openness(model) == expected


@pytest.mark.parametrize(
    "model",
    [
        "somebody/Qwen3-8B",
        "Qwen3-8B",
        "qwen3-8b",
        "my/Qwen/Qwen3-8B",
        "mistralai/Mistral-Small-24B-Instruct-2501",
        "microsoft/Phi-3-mini-4k-instruct",
        "gpt-oss",
        "small-teacher",
        "",
        *HOSTILE,
    ],
)
def test_a_name_that_merely_looks_alike_has_no_known_terms(model: str) -> None:
    assert openness(model) == "none"


def test_a_name_at_dashscope_is_not_a_name_elsewhere() -> None:
    assert openness("qwen3-8b", DASHSCOPE) == "open"
    assert openness("qwen3-8b", HUB) == "none"
    assert openness("Qwen/Qwen3-8B", DASHSCOPE) == "none"
    assert openness("qwen3-max-2026-01-23", DASHSCOPE) == "unknown"
    assert openness("deepseek-r1-distill-llama-8b", DASHSCOPE) == "none"


def test_dashscope_is_a_service_with_terms_of_its_own() -> None:
    service = known_terms().find_service("dashscope")
    assert service is not None
    assert service.openness == "restricted"
    assert len((service.url, *service.further_urls)) == 2
    assert known_terms().find_service("vllm") is None


def test_each_bundled_entry_says_what_was_read_and_when() -> None:
    for one in (*known_terms().teachers, *known_terms().services):
        assert one.source != "the publisher's own table", one.name
        assert one.says
        assert one.read_on.year >= 2026
        assert one.url.startswith("https://")


def test_no_two_bundled_entries_can_say_equally_much_of_one_name() -> None:
    """Every pattern, read as a name, finds one entry: find_teacher raises where two fit."""
    for one in known_terms().teachers:
        for pattern in one.models:
            for name in (pattern.replace("*", ""), pattern.replace("*", "-x")):
                found = known_terms().find_teacher(name or "any", frozenset({one.where}))
                assert found is not None, name


def test_the_pattern_that_says_most_wins(tmp_path: Path) -> None:
    other = GOOD.replace("My-Model*", "my-model-big*").replace('"open"', '"restricted"')
    table = read_terms_table(write(tmp_path, GOOD + other))
    places: frozenset[Where] = frozenset({"any"})
    found = [table.find_teacher(name, places) for name in ("MY-MODEL-small", "my-model-BIG-2")]
    assert [one.openness for one in found if one is not None] == ["open", "restricted"]


def test_a_name_written_out_wins_over_a_pattern_of_the_same_length(tmp_path: Path) -> None:
    exact = GOOD.replace("My-Model*", "my-modelx").replace('"open"', '"restricted"')
    table = read_terms_table(write(tmp_path, GOOD + exact))
    found = table.find_teacher("my-modelx", frozenset({"any"}))
    assert found is not None
    assert found.openness == "restricted"


def test_two_entries_that_say_equally_much_are_refused_by_name(tmp_path: Path) -> None:
    other = GOOD.replace("My-Model*", "*my-model").replace("My terms", "Other terms")
    table = read_terms_table(write(tmp_path, GOOD + other))
    with pytest.raises(LicenseError, match="2 entries for 'my-model': My terms and Other terms"):
        table.find_teacher("my-model", frozenset({"any"}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('["My-Model*"]', '["a", "A"]'), r"a \(any\) stands here twice"),
        (('["My-Model*"]', "[]"), r"teachers\.0\.models"),
        (('["My-Model*"]', '["my[a-z]"]'), r"teachers\.0\.models\.0"),
        (('["My-Model*"]', '["my model"]'), r"teachers\.0\.models\.0"),
        (('openness = "open"', 'openness = "free"'), r"teachers\.0\.openness: .*'free'"),
        (('openness = "open"', 'openness = "open"\nwhere = "mars"'), r"teachers\.0\.where"),
        (('openness = "open"', 'openness = "open"\nopen = true'), r"teachers\.0\.open: Extra"),
        (('license = "mit"', 'license = "MIT-like"'), "'MIT-like' is no id of licenses.toml"),
        (('"https://example', '"ftp://example'), r"teachers\.0\.url"),
        (('"All is allowed."', '"All\\nis allowed."'), r"teachers\.0\.says"),
        (('"All is allowed."', f'"{"x" * 1001}"'), r"teachers\.0\.says"),
        (("read_on = 2026-11-21", 'read_on = "soon"'), r"teachers\.0\.read_on"),
        (("read_on = 2026-11-21", ""), r"teachers\.0\.read_on: Field required"),
        (("[[teachers]]", "[[teacher]]"), r"teacher: Extra inputs"),
        (("[[teachers]]", "[[teachers"), "is no TOML"),
    ],
)
def test_a_broken_table_says_which_entry_is_wrong(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(LicenseError, match=rf"TEACHER_TERMS=my terms\.toml.*({message})") as told:
        read_terms_table(path)
    assert str(tmp_path) not in str(told.value)


def test_a_service_stands_once(tmp_path: Path) -> None:
    service = GOOD.replace("[[teachers]]", "[[services]]").replace(
        'models = ["My-Model*"]', 'llm = "dashscope"'
    )
    service = service.replace('license = "mit"\n', "")
    assert read_terms_table(write(tmp_path, service)).services[0].llm == "dashscope"
    with pytest.raises(LicenseError, match=r"dashscope \(services\) stands here twice"):
        read_terms_table(write(tmp_path, service + service))


def test_a_table_may_be_dated_in_the_future(tmp_path: Path) -> None:
    table = read_terms_table(write(tmp_path, GOOD.replace("2026-11-21", "2999-01-01")))
    assert table.teachers[0].read_on.year == 2999


@pytest.mark.parametrize("name", ["none.toml", "~nobody-of-this-name/terms.toml", "."])
def test_a_table_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(LicenseError, match=r"TEACHER_TERMS=.* cannot be read"):
        read_terms_table(Path(name) if name.startswith("~") else tmp_path / name)


def test_without_a_table_of_ones_own_the_bundled_one_stands_alone() -> None:
    tables = load_terms_tables(None)
    assert tables.bundled is known_terms()
    assert tables.own.teachers == ()


def test_the_strictest_of_several_counts_and_nothing_is_unknown() -> None:
    assert choose_strictest(["open", "unknown", "restricted"]) == "restricted"
    assert choose_strictest(["open", "unknown"]) == "unknown"
    assert choose_strictest(["open"]) == "open"
    assert choose_strictest([]) == "unknown"

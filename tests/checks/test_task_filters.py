"""Which tasks and instances fall, with which reason, and that real ones stay."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from pydantic import ValidationError

from builders.checks.task_filters import (
    FilterConfig,
    check_instances,
    find_instance_fault,
    find_task_fault,
    language_share,
    measure_length,
)
from builders.seed_loader import SeedConfig
from builders.task_seeds import SeedTask, load_task_seeds
from distilabel_pipelines.rows import Language
from tests.checks.real_data import read_rows

CONFIG = FilterConfig()
ASK = "Answer the question."
LOOP = "The cat sat on the mat. " * 12


def find_reason(text: str, language: Language = "en", config: FilterConfig = CONFIG) -> str | None:
    fault = find_task_fault(text, language, config)
    return None if fault is None else fault.reason


def find_instance_reason(input_text: str, output: str, instruction: str = ASK) -> str | None:
    fault = find_instance_fault(instruction, input_text, output, CONFIG)
    return None if fault is None else fault.reason


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("", "en", "too_short"),
        ("Why not", "en", "too_short"),
        ("友谊", "zh", "too_short"),
        ("word " * 151, "en", "too_long"),
        ("写一首诗" * 76, "zh", "too_long"),
        ("Describe the picture in detail.", "en", "keyword"),
        ("描述图片里的人物。", "zh", "keyword"),
        ("Write a program to add numbers.", "en", "write_a_program"),
        ("please write a program that sorts", "en", "write_a_program"),
        ("请编写一个程序，计算总和。", "zh", "write_a_program"),
        ("写一个程序统计字数。", "zh", "write_a_program"),
        (": and then list the names", "en", "leading_punctuation"),
        ("- List three names", "en", "leading_punctuation"),
        ("。写一首关于春天的诗", "zh", "leading_punctuation"),
        ("“写一首关于春天的诗", "zh", "leading_punctuation"),
        ("<noinput> is what stands here", "en", "leading_punctuation"),
        ("### List three names", "en", "leading_punctuation"),
        ("写一首关于春天的诗。", "en", "wrong_language"),
        ("Write a poem about the spring.", "zh", "wrong_language"),
        ("Напиши стихотворение о весне.", "en", "wrong_language"),
        ("春についての詩を書いてください", "en", "wrong_language"),
    ],
)
def test_each_filter_names_its_reason(text: str, language: Language, reason: str) -> None:
    assert find_reason(text, language) == reason


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Name three rivers", "en"),
        ("写首短诗", "zh"),
        ("«Liberté»: what does the word mean?", "en"),
        ("Écris or write: which one is French?", "en"),
        ("😀 What does this emoji express?", "en"),
        ("😀 这个表情是什么意思？", "zh"),
        ('"To be or not to be": who says it?', "en"),
        ("'Tis the season: who'll explain this 'tis?", "en"),
        ("(True or false) Ice is lighter than water.", "en"),
        ("“守株待兔”是什么意思？", "zh"),
        ("《红楼梦》的作者是谁？", "zh"),
        ("【改写】把句子改成被动句", "zh"),
        ("√2是有理数吗？", "zh"),
        ("-5 + 3 = ? Give the result.", "en"),
        ("$5 and €3: which is more?", "en"),
        ("¿Qué tal? What does it mean?", "en"),
        ("1. List the planets.", "en"),
        ("Write a Python program that adds numbers.", "en"),
        ("用Python写一个统计词频的函数", "zh"),
        ("Translate into English: 今天天气很好，我们去公园吧。", "en"),
        ("Translate “今天天气很好，我们一起去公园散步吧，然后回家吃饭。” into English", "en"),
        ("把“The quick brown fox jumps over the lazy dog”译成中文", "zh"),
        ("翻译成中文：The train to the coast leaves at nine.", "zh"),
        ("What does 加油 mean?", "en"),
        ("2 + 2 = ", "en"),
        ("１２＋３４等于几？", "zh"),
    ],
)
def test_good_instructions_in_many_forms_stay(text: str, language: Language) -> None:
    assert find_task_fault(text, language, CONFIG) is None


def test_bounds_of_length_are_inclusive_and_white_space_does_not_count() -> None:
    assert find_reason("a b c") is None
    assert find_reason("word " * 150) is None
    assert find_reason("写 一 首 诗\n", "zh") is None
    assert find_reason("写" * 300, "zh") is None
    assert find_reason("写" * 301, "zh") == "too_long"
    assert measure_length("Translate 你好 please", "en") == 4


def test_every_filter_can_be_switched_off() -> None:
    off = FilterConfig(
        min_words=1,
        max_words=10_000,
        keywords_en=(),
        program_prefixes=(),
        reject_leading_punctuation=False,
        min_language_share=0.0,
    )
    for text in ("x", "word " * 151, "Draw it", "Write a program", "- x", "写一首关于春天的诗。"):
        assert find_task_fault(text, "en", off) is None


def test_own_word_lists_take_the_place_of_ours() -> None:
    config = FilterConfig(keywords_en=("banana",), harmless_en=("banana republic",))
    assert find_reason("Draw a picture now", config=config) is None
    assert find_reason("Peel the Banana now", config=config) == "keyword"
    assert find_reason("What is a banana republic?", config=config) is None


def test_unknown_or_impossible_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        FilterConfig.model_validate({"min_word": 3})
    with pytest.raises(ValidationError):
        FilterConfig(min_language_share=1.5)
    with pytest.raises(ValidationError):
        FilterConfig(keywords_zh=("图片", " "))


def test_the_share_of_a_language_lies_between_0_and_1_and_is_1_without_words() -> None:
    for text in ("", "12 + 3", "???", "😀"):
        assert language_share(text, "en") == language_share(text, "zh") == 1.0
    assert language_share("Write 一首诗", "en") + language_share(
        "Write 一首诗", "zh"
    ) == pytest.approx(1)


@pytest.mark.parametrize(
    ("input_text", "output", "reason"),
    [
        ("x", "", "empty_output"),
        ("x", " \n", "empty_output"),
        ("x", "<nooutput>", "empty_output"),
        ("x", "No Output", "empty_output"),
        ("x", "<noinput>", "empty_output"),
        ("x", "half a \ufffd", "garbled"),
        ("\ufffd?", "fine", "garbled"),
        ("x", LOOP, "looping"),
        ("x", "谢谢你的帮助，" * 20, "looping"),
        ("The cat sat.", "The  cat\nsat.", "input_is_output"),
        ("", "answer the question.", "input_is_output"),
        ("the cat sat.", "THE CAT SAT.", None),
        ("x", "None", None),
        ("x", "无", None),
        ("Is it?", "no", None),
        ("x", "\n".join(f"{a} x {b} = {a * b}" for a in range(2, 11) for b in range(1, 11)), None),
        ("x", "🎉" * 8, None),
    ],
)
def test_instances_by_themselves(input_text: str, output: str, reason: str | None) -> None:
    assert find_instance_reason(input_text, output) == reason


def list_reasons(*instances: tuple[str, str], config: FilterConfig = CONFIG) -> list[str | None]:
    faults = check_instances(ASK, instances, config)
    return [None if fault is None else fault.reason for fault in faults]


def test_the_same_instance_again_falls_and_the_first_stays() -> None:
    assert list_reasons(("a", "1"), ("b", "2"), ("a ", "1"), ("a", "1")) == [
        None,
        None,
        "repeated_instance",
        "repeated_instance",
    ]


def test_one_input_with_different_outputs_falls_as_a_whole() -> None:
    assert list_reasons(("a", "yes"), ("b", "yes"), ("a", "no"), ("a", "yes")) == [
        "ambiguous_input",
        None,
        "ambiguous_input",
        "ambiguous_input",
    ]


def test_several_answers_without_an_input_are_no_contradiction() -> None:
    assert list_reasons(("", "one joke"), ("", "another joke"), ("", "one joke")) == [
        None,
        None,
        "repeated_instance",
    ]


def test_an_instance_that_falls_by_itself_accuses_no_other() -> None:
    assert list_reasons(("a", "yes"), ("a", ""), ("a", "a")) == [
        None,
        "empty_output",
        "input_is_output",
    ]


def test_ambiguous_inputs_may_stay_by_configuration() -> None:
    config = FilterConfig(reject_ambiguous_inputs=False)
    assert list_reasons(("a", "yes"), ("a", "no"), config=config) == [None, None]


def test_no_instances_have_no_faults() -> None:
    assert check_instances(ASK, [], CONFIG) == []


def list_bundled_seeds() -> list[SeedTask]:
    return list(load_task_seeds(SeedConfig(source="bundled:instruction")).tasks)


def test_nearly_all_our_own_seeds_would_pass_and_all_their_instances() -> None:
    seeds = list_bundled_seeds()
    faults = [find_task_fault(one.instruction, one.language, CONFIG) for one in seeds]
    assert sum(fault is not None for fault in faults) <= 0.02 * len(seeds)
    for one in seeds:
        pairs = [(instance.input, instance.output) for instance in one.instances]
        assert set(check_instances(one.instruction, pairs, CONFIG)) == {None}, one.instruction


@pytest.mark.real_data
def test_real_seed_tasks_lose_no_more_than_a_program() -> None:
    rows = read_rows("instruct/seed_tasks.jsonl")
    reasons = Counter(find_reason(row["instruction"]) for row in rows)
    assert reasons == {None: 174, "write_a_program": 1}


@pytest.mark.real_data
def test_real_chinese_instructions_nearly_all_pass() -> None:
    rows = read_rows("instruct/alpaca_gpt4_zh_demo_1k.jsonl.gz")
    reasons = Counter(find_reason(row["instruction"], "zh") for row in rows)
    assert reasons[None] >= 990
    assert set(reasons) == {None, "too_short", "keyword"}


@pytest.mark.real_data
def test_real_aligned_rows_are_told_apart_by_language() -> None:
    rows = read_rows("instruct/alpaca_zh_en_aligned_10k.jsonl.gz")[::8]
    pairs: list[tuple[Language, Language]] = [("en", "zh"), ("zh", "en")]
    for language, other in pairs:
        column = f"{language}_instruction"
        own = sum(find_reason(row[column], language) == "wrong_language" for row in rows)
        wrong = sum(find_reason(row[column], other) == "wrong_language" for row in rows)
        assert own <= 0.001 * len(rows)
        assert wrong >= 0.98 * len(rows)


@pytest.mark.real_data
def test_real_english_rows_fall_for_good_reasons_only() -> None:
    rows = read_rows("instruct/alpaca_en_52k.jsonl.gz")[::20]
    tasks = Counter(find_reason(row["instruction"]) for row in rows)
    assert tasks[None] >= 0.99 * len(rows)
    instances = Counter(
        find_instance_reason(row["input"], row["output"], row["instruction"]) for row in rows
    )
    assert instances[None] >= 0.995 * len(rows)
    assert instances["looping"] == 0


@pytest.mark.parametrize("opening", ["“", "「", "《", "‘"])
def test_quotes_that_never_close_do_not_take_minutes(opening: str) -> None:
    started = time.perf_counter()
    assert find_task_fault(opening * 100_000, "en", CONFIG) is not None
    assert time.perf_counter() - started < 20


def test_an_instruction_that_was_not_decoded_is_garbled() -> None:
    fault = find_task_fault("写一首关于\ufffd的诗。", "zh", FilterConfig())
    assert fault is not None
    assert fault.reason == "garbled"


def test_words_of_thousands_of_characters_are_too_long() -> None:
    fault = find_task_fault("Explain the word " + "x" * 3000 + " briefly.", "en", FilterConfig())
    assert fault is not None
    assert fault.reason == "too_long"

"""The layers of verification, math-verify's pitfalls, hostile input, agreement with real labels."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from builders.checks.answers import AnswerVerifier, refuse_by_size
from builders.judged import Verdict
from tests.checks.real_data import read_rows


def boxed(answer: str) -> str:
    return f"So the result is $\\boxed{{{answer}}}$."


def agreement(verdicts: list[Verdict], labels: list[bool]) -> float:
    pairs = zip(verdicts, labels, strict=True)
    return sum((verdict.verdict == "verified") == label for verdict, label in pairs) / len(labels)


@pytest.mark.parametrize(
    ("content", "gold", "method"),
    [
        (boxed("42"), "42", "identical"),
        (boxed(r"\left( 3, \dfrac{\pi}{2} \right)"), r"(3,\frac{\pi}{2})", "identical"),
        (boxed("New York"), "new york", "identical"),
        (boxed("星期三"), "星期三", "identical"),
        (boxed("周日"), "星期天", "identical"),
        (boxed("3, 5 and 9"), "3, 5, 9", "list"),
        (boxed(r"\frac{1}{2}"), "0.5", "rational"),
        (boxed("1,234"), "1234", "rational"),
        (boxed("1.2万"), "12000", "rational"),
        (boxed("18 dollars"), r"\$18", "rational"),
        ("答案是5个。", "5", "rational"),
        ("A: 18.00", "18", "rational"),
        (boxed("2小时"), "120分钟", "rational"),
        (boxed(r"25\%"), "25", "percent_sign"),
        (boxed("B"), "B", "choice"),
        (boxed(r"\pi\cdot 3"), r"3\pi", "math_verify"),
        (boxed("(x-1)(x+1)"), "x^2-1", "math_verify"),
        (boxed(r"\{2, 1\}"), r"\{1,2\}", "math_verify"),
        (boxed(r"2^{10}"), "1024", "math_verify"),
        (boxed("3√2"), r"3\sqrt{2}", "identical"),
        (boxed(r"4210_{5}"), "4210_5", "identical"),
        (
            boxed(r"\begin{pmatrix}1\\2\end{pmatrix}"),
            r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}",
            "identical",
        ),
        (boxed("5"), r"so it is \boxed{5}", "identical"),
        (boxed("5"), "2 + 3 = 5\n#### 5", "identical"),
        (boxed(r"3\pi\text{ cm}"), r"3\pi", "math_verify"),
    ],
)
def test_equal_answers_are_verified_by_the_cheapest_layer(
    verifier: AnswerVerifier, content: str, gold: str, method: str
) -> None:
    verdict = verifier.verify(content, gold)
    assert (verdict.verdict, verdict.method) == ("verified", method)


@pytest.mark.parametrize(
    ("content", "gold"),
    [
        (boxed("3"), "-3"),
        (boxed("(2,1)"), "(1,2)"),
        (boxed("3x"), "3"),
        (boxed("3m"), "3"),
        (boxed("5 or 6"), "5"),
        (boxed("not 5"), "5"),
        (boxed("about 5"), "5"),
        (boxed("2026-03-04"), "2026-04-03"),
        (boxed("2026-03-04"), "2019"),
        (boxed("10:30"), "10:45"),
        (boxed("listen"), "silent"),
        (boxed("March 4"), "March 5"),
        (boxed("3月4日"), "3月5日"),
        (boxed("0.33"), "1/3"),
        (boxed("52_8"), "52_7"),
        (boxed("9, 5, 3"), "3, 5, 9"),
        (boxed("周四"), "星期三"),
        (boxed(r"n\text{ even}"), r"n\text{ odd}"),
        (boxed("3 hours 20 minutes"), "3 hours"),
        (boxed("0.5%"), "0.5"),
        (boxed("A man"), "A"),
        (boxed(""), "3"),
    ],
)
def test_other_answers_are_refuted(verifier: AnswerVerifier, content: str, gold: str) -> None:
    assert verifier.verify(content, gold).verdict == "refuted"


def test_without_a_gold_answer_nothing_is_refuted(verifier: AnswerVerifier) -> None:
    verdict = verifier.verify(boxed("3"), None)
    assert verdict == Verdict(verdict="unverifiable", method="no_gold", final_answer="3")


def test_a_reply_without_a_final_answer_has_its_own_outcome(verifier: AnswerVerifier) -> None:
    verdict = verifier.verify("I think that 18 is likely.", "18")
    assert (verdict.method, verdict.final_answer) == ("no_final_answer", None)


# The pitfalls of math-verify, by their numbers in the design's notes on verification.


def test_pitfall_1_it_works_off_the_main_thread_and_never_blocks_an_event_loop() -> None:
    async def verify_beside_a_clock(patient: AnswerVerifier) -> tuple[Verdict, float]:
        longest, last = 0.0, time.monotonic()
        hostile = asyncio.create_task(
            asyncio.to_thread(patient.verify, boxed("(x+1)^{5000}"), r"x+\pi")
        )
        while not hostile.done():
            await asyncio.sleep(0.02)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        return await hostile, longest

    with AnswerVerifier(workers=1, inner_timeout_s=1, outer_timeout_s=3) as patient:
        verdict, longest_pause_s = asyncio.run(verify_beside_a_clock(patient))
    assert verdict.verdict == "timeout"
    assert longest_pause_s < 0.8


def test_pitfall_2_a_timeout_is_its_own_verdict() -> None:
    with AnswerVerifier(workers=1, inner_timeout_s=1, outer_timeout_s=3) as hasty:
        verdict = hasty.verify(boxed("9^{9^9}"), r"x+\pi")
    assert (verdict.verdict, verdict.method) == ("timeout", "math_verify")
    assert verdict.final_answer == "9^{9^9}"


def test_pitfall_3_several_boxes_do_not_merge(verifier: AnswerVerifier) -> None:
    content = r"First $\boxed{\sqrt{2}}$, then $\boxed{2\sqrt{2}}$"
    assert verifier.verify(content, r"\sqrt{8}").verdict == "verified"
    assert verifier.verify(content, r"\{\sqrt{2},\sqrt{8}\}").verdict == "refuted"


def test_pitfall_4_a_percent_sign_in_a_box_is_read(verifier: AnswerVerifier) -> None:
    assert verifier.verify(boxed(r"25\%"), "0.25").verdict == "verified"
    assert verifier.verify(boxed("0.25"), r"25\%").verdict == "verified"


@pytest.mark.parametrize(
    ("content", "gold"), [(boxed("5个"), "5"), ("答案是3。", "3"), (boxed("1.2万"), "12000")]
)
def test_pitfall_5_chinese_forms_are_read(
    verifier: AnswerVerifier, content: str, gold: str
) -> None:
    assert verifier.verify(content, gold).verdict == "verified"


@pytest.mark.parametrize("content", [r"\boxed{B}", "(B) 5", "选择B。", "故选：B"])
def test_pitfall_6_multiple_choice_has_its_own_route(
    verifier: AnswerVerifier, content: str
) -> None:
    assert verifier.verify(content, "B").method == "choice"
    assert verifier.verify(content, "B").verdict == "verified"
    assert verifier.verify(content, "C").verdict == "refuted"


@pytest.mark.parametrize(
    ("content", "gold"),
    [
        ("There were 18 of them, I believe", "18"),
        (r"<think>it must be \boxed{18}", "18"),
        (r"<think>it must be \boxed{18}</think>No idea.", "18"),
        (boxed("5 cm"), "5 m"),
        (boxed(r"3\pi\text{ cm}"), r"3\pi\text{ m}"),
    ],
)
def test_pitfall_7_stray_numbers_unfinished_thoughts_and_units_do_not_count(
    verifier: AnswerVerifier, content: str, gold: str
) -> None:
    assert verifier.verify(content, gold).verdict == "refuted"


def test_pitfall_8_intervals_equal_inequalities(verifier: AnswerVerifier) -> None:
    assert verifier.verify(boxed(r"1 \le x < 2"), "[1,2)").verdict == "verified"
    assert verifier.verify(boxed("[1,2)"), r"1 \le x < 2").verdict == "verified"


@pytest.mark.parametrize(
    ("answer", "method"),
    [
        ("9^{9^{9^9}}", "too_large"),
        ("9" * 5_000, "too_long"),
        ("9" * 400, "too_large"),
        ("{" * 20_000 + "}" * 20_000, "too_long"),
        ("(" * 50 + ")" * 50, "too_deep"),
        ("10^{99999999}", "too_large"),
        ("99999!", "too_large"),
    ],
    ids=lambda value: value[:12],
)
def test_monstrous_answers_are_refused_before_any_parser(answer: str, method: str) -> None:
    with AnswerVerifier() as idle:
        verdict = idle.verify(boxed(answer), "7")
        assert (verdict.verdict, verdict.method) == ("refuted", method)
        assert idle.workers_started == 0


def test_a_gold_answer_that_no_rule_can_check_is_unverifiable(verifier: AnswerVerifier) -> None:
    verdict = verifier.verify(boxed("7"), "because " * 200)
    assert (verdict.verdict, verdict.method) == ("unverifiable", "too_long")


@pytest.mark.parametrize(
    "answer", ["\x00", "\\", "%%", "\ud800", "\\frac" * 150, "\\sin" * 100 + "x", "1/" * 200 + "1"]
)
def test_broken_answers_are_refuted_quickly(verifier: AnswerVerifier, answer: str) -> None:
    verifier.verify(boxed("x"), "y")  # the pool is warm now
    start = time.monotonic()
    assert verifier.verify(boxed(answer), "7").verdict == "refuted"
    assert time.monotonic() - start < 5


def test_ordinary_answers_pass_the_size_limits() -> None:
    for answer in ("2^{100}", r"x^{2^{n}}", "100!", "10^{999}", r"\frac{" * 5 + "1" + "}{2}" * 5):
        assert refuse_by_size(answer) is None


def test_plain_numbers_never_start_a_process() -> None:
    with AnswerVerifier() as idle:
        verdicts = idle.verify_many([(boxed(str(n)), str(n % 7)) for n in range(500)])
        assert [verdict.verdict for verdict in verdicts[:8]] == ["verified"] * 7 + ["refuted"]
        assert idle.workers_started == 0


def test_many_pairs_keep_their_order(verifier: AnswerVerifier) -> None:
    pairs = [(boxed(rf"{n % 5}\pi + 1"), r"1 + 3\pi") for n in range(40)]
    verdicts = verifier.verify_many(pairs)
    assert [verdict.verdict == "verified" for verdict in verdicts] == [
        n % 5 == 3 for n in range(40)
    ]
    assert verifier.workers_started == 2


def test_several_threads_share_one_verifier(verifier: AnswerVerifier) -> None:
    results: dict[int, str] = {}

    def work(n: int) -> None:
        results[n] = verifier.verify(boxed(rf"{n}\sqrt{{3}}"), rf"\sqrt{{3}}\cdot {n}").verdict

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results.values()) == {"verified"}
    assert len(results) == 6


@pytest.mark.real_data
def test_agreement_with_gsm8k_labels(verifier: AnswerVerifier) -> None:
    models = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
    pairs, labels = [], []
    for row in read_rows("verify/gsm8k_model_solutions.jsonl.gz"):
        for model in models:
            pairs.append((row[model]["solution"], row["ground_truth"].rpartition("A: ")[2]))
            labels.append(row[model]["is_correct"])
    assert len(pairs) == 5276
    assert agreement(verifier.verify_many(pairs), labels) >= 0.998


@pytest.mark.real_data
def test_agreement_with_qwen_labels(verifier: AnswerVerifier) -> None:
    rows = read_rows("verify/qwen_math_cot_100.jsonl.gz")
    pairs = [(sample, row["gt"]) for row in rows for sample in row["code"]]
    labels = [score for row in rows for score in row["score"]]
    assert len(pairs) == 800
    assert agreement(verifier.verify_many(pairs), labels) >= 0.995


@pytest.mark.real_data
def test_math500_gold_answers_verify_against_themselves(verifier: AnswerVerifier) -> None:
    rows = read_rows("math/math500.jsonl.gz")
    verdicts = verifier.verify_many([(row["solution"], row["answer"]) for row in rows])
    assert agreement(verdicts, [True] * 500) == 1.0


@pytest.mark.real_data
def test_agreement_with_nemo_labels(verifier: AnswerVerifier) -> None:
    """Of the six that disagree, four are plainly right answers that the label's parser missed."""
    rows = read_rows("verify/nemo_math_outputs.jsonl.gz")
    verdicts = verifier.verify_many([(row["generation"], row["expected_answer"]) for row in rows])
    assert agreement(verdicts, [row["symbolic_correct"] for row in rows]) >= 0.96

r"""Is a reply's final answer the gold answer? Cheap exact layers first, math-verify last.

The order, and the method that a verdict names:

1. `no_gold`: nothing to compare with
2. `no_final_answer`: no accepted form (see `final_answers`), or the reply ends inside it
3. `choice`: the gold answer is one letter A–J; letters are compared
4. `identical`: the same after white space, width and LaTeX's looks are folded
5. `rational`: exact quantities (25% = 1/4, 1.2万 = 12000, 2 hours = 120 minutes);
   `percent_sign`: equal but for a percent sign (see `compare_quantities`);
   `unit`: both have a unit of measure and they disagree
   `list`: bare lists of quantities; a sorted gold list is an order (see `compare_lists`)
6. `too_long`, `too_deep`, `too_large`: refused before any parser sees it
7. `text`: one of the two is plain words or a date, or both are numbers with a base (52_8), and
   they differ
8. `math_verify`: in a process pool with hard limits; `timeout` is a verdict of its own

Rule verifiers refuse some right answers (TinyV, arXiv:2505.14625): the row keeps its verdict and
method, so that a view may judge anew. Verdicts do not depend on the order of the questions; only
`timeout` may depend on the machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from threading import Lock
from types import TracebackType
from typing import Self

from builders.checks.choices import find_choice, read_choice, read_choice_gold
from builders.checks.final_answers import find_final_answer
from builders.checks.math_pool import Comparison, MathPool
from builders.checks.notation import fold_width, identity_key, simplify_latex, strip_wrapping
from builders.checks.quantities import (
    compare_lists,
    compare_quantities,
    read_list,
    read_quantity,
    split_trailing_unit,
)
from builders.judged import Verdict, VerdictName

MAX_ANSWER_CHARS = 1000
MAX_NESTING = 24
MAX_DIGITS_IN_A_ROW = 300
MAX_POWER_TOWER = 2
_CACHED_COMPARISONS = 100_000

_LONG_NUMBER = re.compile(rf"\d{{{MAX_DIGITS_IN_A_ROW + 1}}}")
_TOWER = re.compile(r"(?:\^\s*[{(]?\s*-?[\w.]+\s*){" + str(MAX_POWER_TOWER + 1) + "}")
_LARGE_POWER = re.compile(r"\d\s*[)}]?\s*(?:\^|\*\*)\s*[{(]?\s*\d{7,}")
_LARGE_FACTORIAL = re.compile(r"\d{5,}\s*[)}]?\s*!|!\s*!\s*!")
_WORDS = re.compile(
    r"(?=.*[A-Za-z]{4})[A-Za-z'’.-]+|.*[一-鿿]{2}.*"
    r"|(?=.*[A-Za-z]{3})(?:[A-Za-z][A-Za-z'’-]*[,.]? )+[A-Za-z][A-Za-z'’-]*[.]?"
)
_BASE = re.compile(r"[0-9A-Fa-f]+\s*_\s*\{?\s*\d+\s*\}?")
_FUNCTION = re.compile(r"\b(?:a?(?:rc)?(?:sin|cos|tan|cot)h?|log|ln|exp|sqrt|infinity)\b")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")
_QUANTITY_VERDICTS: dict[str, tuple[VerdictName, str]] = {
    "equal": ("verified", "rational"),
    "equal_but_percent_sign": ("verified", "percent_sign"),
    "units_differ": ("refuted", "unit"),
    "different": ("refuted", "rational"),
}
_UNREAD = {
    "gold_unread": "the gold answer is not mathematics and the texts differ",
    "answer_unread": "the answer is not mathematics and the texts differ",
}
_EXPRESSION_PERCENT = re.compile(r"\s*\\?%\s*$")


def _count_usable_cores() -> int:
    """The cores this process may use: in a container fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def refuse_by_size(text: str) -> tuple[str, str] | None:
    """(method, detail) for a text that no parser should see, None for a harmless one."""
    if len(text) > MAX_ANSWER_CHARS:
        return "too_long", f"{len(text)} characters, at most {MAX_ANSWER_CHARS} are checked"
    depth = deepest = 0
    for character in text:
        if character in "{([":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "})]":
            depth -= 1
    if deepest > MAX_NESTING:
        return "too_deep", f"{deepest} brackets deep, at most {MAX_NESTING} are checked"
    for pattern in (_LONG_NUMBER, _TOWER, _LARGE_POWER, _LARGE_FACTORIAL):
        found = pattern.search(text)
        if found:
            return "too_large", f"a number too large to compute: {found[0][:40]}"
    return None


def _units_clash(answer: str, gold: str) -> bool:
    """Whether two expressions (`3\\pi\\text{ cm}`) end in units of measure that disagree."""
    first, second = (split_trailing_unit(fold_width(text))[1] for text in (answer, gold))
    return bool(first.dimension and second.dimension) and first != second


def _bases_differ(answer: str, gold: str) -> bool:
    """Whether both are numbers with a base, not the same: math-verify drops it (52_8 = 52_7)."""
    return all(_BASE.fullmatch(simplify_latex(strip_wrapping(text))) for text in (answer, gold))


def _is_words(text: str) -> bool:
    """Plain words or a date: a parser would multiply the letters, and subtract the days."""
    plain = simplify_latex(strip_wrapping(fold_width(text)))
    words = _WORDS.fullmatch(plain) and not _FUNCTION.search(plain)
    return bool(words or _DATE.fullmatch(plain))


def _verdict(name: VerdictName, method: str, answer: str, detail: str = "") -> Verdict:
    shown = answer[:MAX_ANSWER_CHARS]
    return Verdict(verdict=name, method=method, final_answer=shown, detail=detail)


def _compare_quantities(answer: str, gold: str) -> Verdict | None:
    given, wanted = read_quantity(answer), read_quantity(gold)
    if given is None or wanted is None:
        return None
    comparison = compare_quantities(given, wanted)
    if comparison == "close":
        return None
    name, method = _QUANTITY_VERDICTS[comparison]
    return _verdict(name, method, answer)


def _compare_lists(answer: str, gold: str) -> Verdict | None:
    given, wanted = read_list(answer), read_list(gold)
    if given is None or wanted is None:
        return None
    same = compare_lists(given, wanted)
    return _verdict("verified" if same else "refuted", "list", answer)


def _refuse(answer: str, gold: str) -> Verdict | None:
    refused = refuse_by_size(gold)
    if refused:
        return _verdict("unverifiable", refused[0], answer, f"gold answer: {refused[1]}")
    refused = refuse_by_size(answer)
    if refused:
        return _verdict("refuted", refused[0], answer, f"answer: {refused[1]}")
    return None


def compare_cheaply(answer: str, gold: str) -> Verdict | None:
    """The layers that need no parser; None where they cannot decide."""
    if identity_key(answer) == identity_key(gold):
        return _verdict("verified", "identical", answer)
    decided = (
        _compare_quantities(answer, gold) or _compare_lists(answer, gold) or _refuse(answer, gold)
    )
    if decided is None and _units_clash(answer, gold):
        return _verdict("refuted", "unit", answer)
    if decided is None and _bases_differ(answer, gold):
        return _verdict("refuted", "text", answer, "written in different bases")
    if decided is None and (_is_words(answer) or _is_words(gold)):
        return _verdict("refuted", "text", answer, "the texts differ")
    return decided


def _read_gold(gold: str) -> str:
    r"""The answer itself where a seed file stores a marked one (`\boxed{5}`, `… #### 5`)."""
    marked = find_final_answer(gold) if "\\boxed" in gold or "####" in gold else None
    return marked.text if marked else gold


def _verify_choice(content: str, letter: str) -> Verdict:
    final = find_choice(content)
    if final is None:
        return Verdict(verdict="refuted", method="no_final_answer")
    same = read_choice(final.text) == letter
    return _verdict("verified" if same else "refuted", "choice", final.text)


def _prepare_for_parser(text: str) -> str:
    body, _ = split_trailing_unit(strip_wrapping(fold_width(text)))
    return _EXPRESSION_PERCENT.sub("", simplify_latex(body))


def _judge(answer: str, comparison: Comparison) -> Verdict:
    """The verdict of a comparison by math-verify."""
    outcome, detail = comparison
    if outcome in ("timeout", "died"):
        return _verdict("timeout", "math_verify", answer, detail)
    if outcome == "equal":
        return _verdict("verified", "math_verify", answer)
    return _verdict("refuted", "math_verify", answer, _UNREAD.get(outcome, detail))


class AnswerVerifier:
    """Checks replies against gold answers; a context manager, usable from any thread.

    The process pool starts when the first pair gets past the cheap layers: a run of plain numbers
    never pays for it. Equal comparisons are made once. `inner_timeout_s` limits each step of
    math-verify, `outer_timeout_s` the whole comparison (the worker is then killed).
    """

    def __init__(
        self,
        workers: int | None = None,
        inner_timeout_s: int = 5,
        outer_timeout_s: float = 15.0,
        recycle_after: int = 2000,
    ) -> None:
        self._pool = MathPool(
            workers or min(8, _count_usable_cores()),
            inner_timeout_s,
            outer_timeout_s,
            recycle_after,
        )
        self._known: dict[tuple[str, str], Comparison] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def workers_started(self) -> int:
        """Worker processes that run now: 0 until a pair needs math-verify."""
        return self._pool.started

    def close(self) -> None:
        """End the worker processes; the verifier may be used again and starts new ones."""
        self._pool.close()

    def verify(self, content: str, gold: str | None) -> Verdict:
        """The verdict on one reply. Blocks up to the outer limit: call it off an event loop."""
        return self.verify_many([(content, gold)])[0]

    def verify_many(self, pairs: Sequence[tuple[str, str | None]]) -> list[Verdict]:
        """Verdicts on (content, gold) pairs, in their order; hard ones run in parallel."""
        verdicts = [self._verify_without_parser(content, gold) for content, gold in pairs]
        hard = [
            (
                place,
                verdict,
                (_prepare_for_parser(verdict), _prepare_for_parser(_read_gold(gold or ""))),
            )
            for place, (verdict, (_, gold)) in enumerate(zip(verdicts, pairs, strict=True))
            if isinstance(verdict, str)
        ]
        compared = self._compare_once([pair for _, _, pair in hard])
        for place, answer, pair in hard:
            verdicts[place] = _judge(answer, compared[pair])
        return [verdict for verdict in verdicts if isinstance(verdict, Verdict)]

    def _verify_without_parser(self, content: str, gold: str | None) -> Verdict | str:
        """A verdict, or the final answer's text where only math-verify can tell."""
        if gold is None or not gold.strip():
            final = find_final_answer(content)
            text = final.text[:MAX_ANSWER_CHARS] if final else None
            return Verdict(verdict="unverifiable", method="no_gold", final_answer=text)
        gold = _read_gold(gold)
        letter = read_choice_gold(gold)
        if letter is not None:
            return _verify_choice(content, letter)
        final = find_final_answer(content)
        if final is None:
            return Verdict(verdict="refuted", method="no_final_answer")
        verdict = compare_cheaply(final.text, gold)
        return final.text if verdict is None else verdict

    def _compare_once(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Comparison]:
        """Compare each distinct pair that was not compared before."""
        with self._lock:
            found = {pair: self._known[pair] for pair in pairs if pair in self._known}
        new = [pair for pair in dict.fromkeys(pairs) if pair not in found]
        results = dict(zip(new, self._pool.compare_many(new), strict=True))
        with self._lock:
            if len(self._known) > _CACHED_COMPARISONS:
                self._known.clear()
            self._known.update(results)
        return found | results

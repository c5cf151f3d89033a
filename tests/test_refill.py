"""The refill: as many requests as the rows need, whatever the order of the replies."""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from builders.checks import AnswerVerifier
from builders.judge import Judge
from builders.recipe import Recipe
from builders.refill import Refill
from builders.settle import settle
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.journal import Journal, JournalError
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.reasoning import Request, expand_samples
from distilabel_pipelines.rows import Question, question_id
from distilabel_pipelines.wire import Reply

_LIMIT_S = 20.0


@pytest.fixture(scope="module")
def verifier() -> Iterator[AnswerVerifier]:
    with AnswerVerifier() as running:
        yield running


def make_requests(count: int, samples: int = 1, *, gold: bool = True) -> list[Request]:
    questions = [
        Question(
            seed_id=question_id(f"What is {n} + 1?"),
            question=f"What is {n} + 1?",
            answer=str(n + 1) if gold else None,
            language="en",
        )
        for n in range(count)
    ]
    return expand_samples(questions, samples=samples, seed=0)


def make_record(request: Request, number: int, *, right: bool, remark: str = "") -> JournalRecord:
    value = number + 1 if right else number + 2
    message = {
        "content": f"{remark}\\boxed{{{value}}}",
        "reasoning_content": "Add one. " * (1 + number % 3),
    }
    reply = Reply(
        message=message, finish_reason="stop", served_model="m", response_id="r", usage=None
    )
    return JournalRecord(
        key=f"{hash((request.question.seed_id, request.sample)) & (2**63 - 1):064x}",
        api="chat",
        request={},
        reply=reply,
        refusal=None,
        attempts=1,
        latency_s=0.1,
    )


class Rehearsal:
    """A gateway's window and journal without its teacher: it finishes requests in a given order.

    Places are given by index below the admission limit; which of the open requests finishes next
    is drawn at random.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        right: Sequence[bool],
        folder: Path,
        remarks: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        self.requests = requests
        self.right = right
        self.remarks = remarks
        self.folder = folder
        self.offsets = asyncio.run(self._write_journal())
        self.limits: list[tuple[int, bool]] = []
        self.sent: list[int] = []

    async def _write_journal(self) -> list[int]:
        journal = await Journal(self.folder).open()
        samples = max(request.sample for request in self.requests) + 1
        offsets = [
            await journal.append(
                make_record(
                    request,
                    place // samples,
                    right=self.right[place],
                    remark=self.remarks.get(place, ""),
                )
            )
            for place, request in enumerate(self.requests)
        ]
        await journal.close()
        return offsets

    def admit(self, limit: int, final: bool, heard: int) -> None:  # the refill's own order
        self.limits.append((limit, final))
        self.heard = heard

    def run(
        self,
        refill: Refill,
        *,
        window: int,
        seed: int,
        failing: frozenset[int] = frozenset(),
        judge: Judge | None = None,
    ) -> None:
        """Until the limit is final. A build that would wait for ever raises TimeoutError."""
        chance = random.Random(seed)  # noqa: S311  # a test's own order
        refill.start(self.admit, "m", judge)
        waiting, open_now = list(range(len(self.requests))), list[int]()
        while not (self.limits and self.limits[-1][1]):
            limit = self.limits[-1][0] if self.limits else 0
            while waiting and waiting[0] < limit and len(open_now) < window:
                open_now.append(heapq.heappop(waiting))
            if not open_now:
                self._wait_for_news()
                continue
            index = open_now.pop(chance.randrange(len(open_now)))
            self.sent.append(index)
            offset = None if index in failing else self.offsets[index]
            before = len(self.limits)
            refill.note(Finished(index=index, offset=offset, from_journal=False, attempts=1))
            self._wait_for_news(before)
        refill.stop()

    def replay(self, refill: Refill, answered: Sequence[int]) -> None:
        """Answer from the journal of an earlier run, in this order, whatever the limit says."""
        refill.start(self.admit, "m")
        for index in answered:
            before = len(self.limits)
            offset = self.offsets[index]
            refill.note(Finished(index=index, offset=offset, from_journal=True, attempts=1))
            self._wait_for_news(before)

    def _wait_for_news(self, before: int | None = None) -> None:
        before = len(self.limits) if before is None else before
        deadline = time.monotonic() + _LIMIT_S / 10
        while len(self.limits) == before:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing in flight, limit {self.limits[-1:]}")
            time.sleep(0.0005)


def make_refill(
    rehearsal: Rehearsal, recipe: Recipe, verifier: AnswerVerifier, work: Path
) -> Refill:
    return Refill(rehearsal.requests, recipe, verifier, responses=rehearsal.folder, work_dir=work)


def make_recipe(rows: int, samples: int = 1, keep: str = "shortest") -> Recipe:
    return Recipe.model_validate(
        {"rows": rows, "sampling": {"samples": samples}, "selection": {"keep": keep}}
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("samples", "keep"), [(1, "shortest"), (3, "shortest"), (3, "all")])
@pytest.mark.parametrize("window", [1, 5, 64])
def test_the_first_n_rows_are_the_same_in_any_order_of_arrival(
    tmp_path: Path, verifier: AnswerVerifier, seed: int, samples: int, keep: str, window: int
) -> None:
    requests = make_requests(60 // samples, samples)
    chance = random.Random(11)  # noqa: S311  # which replies are right
    right = [chance.random() < 0.6 for _ in requests]
    recipe = make_recipe(8, samples, keep)
    rehearsal = Rehearsal(requests, right, tmp_path / "responses")
    refill = make_refill(rehearsal, recipe, verifier, tmp_path)
    rehearsal.run(refill, window=window, seed=seed)
    whole = [refill.checked[name] for name in in_order(requests, refill)]
    published = settle(whole, recipe, tmp_path).published
    expected = [place for place, good in enumerate(right) if good]
    if keep == "all":
        assert [one.trace.trace_id for one in published] == [
            name_of(requests[place]) for place in expected[:8]
        ]
    else:
        questions = list(dict.fromkeys(requests[place].question.seed_id for place in expected))
        assert [one.trace.seed_id for one in published] == questions[:8]
    assert len(rehearsal.sent) < len(requests)


def name_of(request: Request) -> str:
    return f"{request.question.seed_id}-{request.sample}"


def in_order(requests: Sequence[Request], refill: Refill) -> list[str]:
    return [name_of(request) for request in requests if name_of(request) in refill.checked]


def test_a_perfect_teacher_is_asked_no_more_than_the_rows(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    requests = make_requests(50)
    rehearsal = Rehearsal(requests, [True] * 50, tmp_path / "responses")
    rehearsal.run(make_refill(rehearsal, make_recipe(20), verifier, tmp_path), window=8, seed=0)
    assert sorted(rehearsal.sent) == list(range(20))


def test_few_requests_too_many_are_sent_at_a_pass_rate_of_three_quarters(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    requests = make_requests(300)
    right = [n % 4 != 3 for n in range(300)]
    rehearsal = Rehearsal(requests, right, tmp_path / "responses")
    rehearsal.run(make_refill(rehearsal, make_recipe(100), verifier, tmp_path), window=16, seed=3)
    assert 133 <= len(rehearsal.sent) <= 133 + 16 + 10


@pytest.mark.parametrize("samples", [1, 3])
def test_a_build_that_is_run_again_lets_nothing_go_beyond_its_journal(
    tmp_path: Path, verifier: AnswerVerifier, samples: int
) -> None:
    """However badly the replies that come first would have it look."""
    requests, right = make_requests(100, samples), [n % 4 != 3 for n in range(100 * samples)]
    first = Rehearsal(requests, right, tmp_path / "responses")
    first.run(make_refill(first, make_recipe(30, samples), verifier, tmp_path), window=4, seed=0)
    again = Rehearsal(requests, right, tmp_path / "again")
    refill = make_refill(again, make_recipe(30, samples), verifier, tmp_path)
    again.replay(refill, sorted(first.sent, key=lambda place: right[place]))
    refill.stop()
    assert again.limits[-1][1]
    assert max(limit for limit, _ in again.limits) <= len(first.sent)


def test_what_the_journal_does_not_hold_is_let_go_when_it_is_quiet(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    requests = make_requests(60)
    rehearsal = Rehearsal(requests, [n >= 10 for n in range(60)], tmp_path / "responses")
    refill = make_refill(rehearsal, make_recipe(10), verifier, tmp_path)
    rehearsal.replay(refill, range(10))
    assert rehearsal.limits[-1] == (10, False)
    rehearsal.limits.clear()
    deadline = time.monotonic() + _LIMIT_S
    while not rehearsal.limits and time.monotonic() < deadline:
        time.sleep(0.01)
    refill.stop()
    assert rehearsal.limits[0][0] > 20


def test_when_the_seeds_end_the_limit_is_closed(tmp_path: Path, verifier: AnswerVerifier) -> None:
    rehearsal = Rehearsal(make_requests(6), [False] * 6, tmp_path / "responses")
    refill = make_refill(rehearsal, make_recipe(3), verifier, tmp_path)
    rehearsal.run(refill, window=2, seed=0)
    assert sorted(rehearsal.sent) == list(range(6))
    assert refill.accepted == 0


def test_failed_requests_are_traces_with_their_error(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    rehearsal = Rehearsal(make_requests(6), [True] * 6, tmp_path / "responses")
    refill = make_refill(rehearsal, make_recipe(5), verifier, tmp_path)
    rehearsal.run(refill, window=2, seed=0, failing=frozenset({1}))
    reasons = [refill.checked[name].reason for name in in_order(rehearsal.requests, refill)]
    assert reasons == [None, "teacher_error", None, None, None, None]


def test_known_duplicates_are_made_up_for(tmp_path: Path, verifier: AnswerVerifier) -> None:
    text = "A farmer has 12 cows and buys {} more cows at {} market. How many cows are there now?"
    texts = [text.format(30 + n // 2, "the" if n % 2 else "a") for n in range(20)]
    questions = [
        Question(seed_id=question_id(t), question=t, answer=str(n + 1), language="en")
        for n, t in enumerate(texts)
    ]
    requests = expand_samples(questions, samples=1, seed=0)
    rehearsal = Rehearsal(requests, [True] * 20, tmp_path / "responses")
    recipe = make_recipe(6)
    refill = make_refill(rehearsal, recipe, verifier, tmp_path)
    rehearsal.run(refill, window=4, seed=1)
    whole = [refill.checked[name] for name in in_order(requests, refill)]
    assert len(settle(whole, recipe, tmp_path).published) == 6
    assert len(rehearsal.sent) <= 16


def test_a_request_that_is_reported_twice_counts_once(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    rehearsal = Rehearsal(make_requests(4), [True] * 4, tmp_path / "responses")
    refill = make_refill(rehearsal, make_recipe(3), verifier, tmp_path)
    refill.start(rehearsal.admit, "m")
    for _ in range(3):
        offset = rehearsal.offsets[0]
        refill.note(Finished(index=0, offset=offset, from_journal=False, attempts=1))
    refill.stop()
    assert refill.accepted == 1


def test_a_failure_in_its_thread_opens_the_gate_for_good_and_surfaces(
    tmp_path: Path, verifier: AnswerVerifier
) -> None:
    rehearsal = Rehearsal(make_requests(4), [True] * 4, tmp_path / "responses")
    refill = make_refill(rehearsal, make_recipe(3), verifier, tmp_path)
    refill.start(rehearsal.admit, "m")
    refill.note(Finished(index=0, offset=3, from_journal=False, attempts=1))  # no record there
    with pytest.raises(JournalError, match="byte 3"):
        refill.stop()
    assert rehearsal.limits[-1] == (0, True)
    assert rehearsal.heard == 1

"""The refill of a pretraining build: parts joined, texts checked as they land, the limit closed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from builders.decontamination import DecontaminationConfig, open_benchmarks
from builders.pretraining.recipe import PassageSampling, PretrainingRecipe
from builders.pretraining.refill import PassageRefill
from builders.pretraining.settle import settle_passages
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.journal import Journal
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.passages import TextPrompt
from distilabel_pipelines.pretraining import TextRequest, expand_prompts
from distilabel_pipelines.rows import question_id
from distilabel_pipelines.wire import Reply
from tests.fake_teacher.essays import write_sentences

LIMIT_S = 20.0


def make_requests(count: int, samples: int = 1) -> list[TextRequest]:
    prompts = [
        TextPrompt(
            prompt_id=question_id(f"Write about garden {number}."),
            prompt=f"Write about garden {number}.",
            format="blogpost",
            audience="general",
            topic="",
            seed_data="tests",
            language="en",
            source_kind="title",
            source_id=f"{number:016x}",
        )
        for number in range(count)
    ]
    return expand_prompts(prompts, samples=samples, seed=0)


def essay(number: int) -> str:
    return write_sentences("English", f"essay {number}", 12)


def record(number: int, content: str, finish: str = "stop", tokens: int = 100) -> JournalRecord:
    reply = Reply(
        message={"content": content},
        finish_reason=finish,
        usage={"prompt_tokens": 20, "completion_tokens": tokens},
        served_model="m",
        response_id=f"r{number}",
    )
    return JournalRecord(
        key=f"{number:032x}",
        api="chat",
        request={},
        reply=reply,
        refusal=None,
        attempts=1,
        latency_s=0.1,
    )


def write_journal(folder: Path, records: Sequence[JournalRecord]) -> list[int]:
    """The offsets of the records."""

    async def write() -> list[int]:
        journal = await Journal(folder).open()
        offsets = [await journal.append(one) for one in records]
        await journal.close()
        return offsets

    return asyncio.run(write())


class Watched:
    """A refill at work, and the limits that it gave."""

    def __init__(
        self, requests: list[TextRequest], recipe: PretrainingRecipe, folder: Path
    ) -> None:
        nothing = open_benchmarks(DecontaminationConfig(enabled=False))
        self.limits: list[tuple[int, bool]] = []
        self.refill = PassageRefill(
            requests, recipe, nothing, responses=folder, work_dir=folder / "work"
        )
        self.refill.start(lambda limit, final, _: self.limits.append((limit, final)), "m")

    def tell(self, index: int, offset: int | None, error: str = "") -> None:
        before = len(self.limits)
        self.refill.note(
            Finished(index=index, offset=offset, from_journal=False, attempts=1, error=error)
        )
        self.wait(lambda: len(self.limits) > before or self.is_closed)

    @property
    def is_closed(self) -> bool:
        return bool(self.limits) and self.limits[-1][1]

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("the refill gave no limit")
            time.sleep(0.002)


def test_a_cut_text_waits_for_its_continuation(tmp_path: Path) -> None:
    text = essay(1)
    offsets = write_journal(
        tmp_path,
        [
            record(1, text[:300], "length"),
            record(2, text[300:600], "length"),
            record(3, text[600:]),
        ],
    )
    recipe = PretrainingRecipe(rows=1, sampling=PassageSampling(continuations=5))
    watched = Watched(make_requests(3), recipe, tmp_path)
    watched.tell(0, offsets[0])
    watched.tell(0, offsets[0])  # told twice: still one part
    watched.tell(0, offsets[1])
    assert watched.refill.checked == {}
    assert not watched.is_closed
    watched.tell(0, offsets[2])
    watched.refill.stop()
    one = next(iter(watched.refill.checked.values()))
    assert one.reason is None
    assert one.passage.content == text
    assert (one.passage.continuations, one.passage.completion_tokens) == (2, 300)
    assert one.passage.request_id == "r1 r2 r3"
    assert watched.is_closed
    assert watched.refill.tally.tokens == 300


def test_without_the_option_a_cut_text_is_rejected_at_once(tmp_path: Path) -> None:
    offsets = write_journal(tmp_path, [record(1, essay(1)[:300], "length")])
    watched = Watched(make_requests(2), PretrainingRecipe(rows=1), tmp_path)
    watched.tell(0, offsets[0])
    watched.refill.stop()
    assert [one.reason for one in watched.refill.checked.values()] == ["truncated"]
    assert watched.refill.tally.rejects == {"truncated": 1}


def test_a_request_that_failed_is_a_row_without_text(tmp_path: Path) -> None:
    write_journal(tmp_path, [])
    watched = Watched(make_requests(2), PretrainingRecipe(rows=1), tmp_path)
    watched.tell(0, None, "HTTP 400: no")
    watched.refill.stop()
    one = next(iter(watched.refill.checked.values()))
    assert (one.reason, one.passage.error_message) == ("teacher_error", "HTTP 400: no")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("samples", [1, 2])
def test_whatever_the_order_of_the_replies_the_rows_are_the_first_ones(
    tmp_path: Path, seed: int, samples: int
) -> None:
    """Every fourth text repeats an earlier one; the limit closes when the rows are certain."""
    requests = make_requests(30, samples)
    texts = [essay(place - 3 if place % 4 == 3 else place) for place in range(len(requests))]
    offsets = write_journal(tmp_path, [record(n, text) for n, text in enumerate(texts)])
    recipe = PretrainingRecipe(rows=10, sampling=PassageSampling(samples=samples))
    watched = Watched(requests, recipe, tmp_path)
    chance = random.Random(seed)  # noqa: S311  # a test's own order
    told: set[int] = set()
    while not watched.is_closed:
        limit = watched.limits[-1][0] if watched.limits else 0
        ready = [index for index in range(min(limit, len(requests))) if index not in told]
        if not ready:
            watched.wait(lambda: bool(watched.limits) and watched.limits[-1][0] > len(told))
            continue
        index = chance.choice(ready[:6])
        told.add(index)
        watched.tell(index, offsets[index])
    watched.refill.stop()
    nothing = open_benchmarks(DecontaminationConfig(enabled=False))
    rows = settle_passages(list(watched.refill.checked.values()), recipe, tmp_path / "w", nothing)
    expected = [place for place in range(len(requests)) if place % 4 != 3][:10]
    assert [one.passage.content for one in rows.published] == [texts[place] for place in expected]
    assert len(told) < len(requests)

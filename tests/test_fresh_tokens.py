"""Tokens for the progress line: of this run's replies alone, read when somebody looks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from builders.fresh_tokens import FreshTokens
from distilabel_pipelines.gateway.settings import Finished
from distilabel_pipelines.journal import Journal
from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.wire import Reply


def record_of(number: int, tokens: int | None) -> JournalRecord:
    reply = Reply(
        message={"content": "x"},
        finish_reason="stop",
        usage=None if tokens is None else {"completion_tokens": tokens},
        served_model="m",
        response_id="",
    )
    return JournalRecord(
        key=f"{number:064x}", api="chat", request={}, reply=reply, attempts=1, latency_s=0.1
    )


async def write(folder: Path, *tokens: int | None) -> list[int]:
    journal = await Journal(folder).open()
    try:
        records = [record_of(number, count) for number, count in enumerate(tokens)]
        return [await journal.append(record) for record in records]
    finally:
        await journal.close()


def finished(offset: int | None, *, from_journal: bool = False) -> Finished:
    return Finished(index=0, offset=offset, from_journal=from_journal, attempts=1)


def test_each_fresh_reply_is_counted_once_with_the_servers_own_count(tmp_path: Path) -> None:
    first, second, silent = asyncio.run(write(tmp_path, 30, 12, None))
    fresh = FreshTokens(tmp_path)
    fresh.note(finished(first))
    assert (fresh.replies, fresh.count(), fresh.count()) == (1, 30, 30)
    fresh.note(finished(silent))
    fresh.note(finished(second))
    assert (fresh.replies, fresh.count()) == (3, 42)


def test_old_replies_and_failed_rows_cost_nothing(tmp_path: Path) -> None:
    (offset,) = asyncio.run(write(tmp_path, 30))
    fresh = FreshTokens(tmp_path)
    fresh.note(finished(offset, from_journal=True))
    fresh.note(finished(None))
    assert (fresh.replies, fresh.count()) == (2, 0)


def test_the_words_of_a_judge_are_no_replies(tmp_path: Path) -> None:
    (offset,) = asyncio.run(write(tmp_path, 30))
    fresh = FreshTokens(tmp_path)
    fresh.note(finished(offset).model_copy(update={"teacher": "judge"}))
    assert (fresh.replies, fresh.count()) == (0, 0)


def test_nothing_is_read_before_anything_came(tmp_path: Path) -> None:
    assert FreshTokens(tmp_path / "no such folder").count() == 0

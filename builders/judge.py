"""Asking the judge, while the build goes on: rows in, its words out, many at once.

Its requests go through the build's gateway like any other: journalled, retried, counted against the
budget. What a row's request is depends on the row alone (`distilabel_pipelines.judging`), so a
resumed build finds every answer in its journal.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import orjson

from builders.errors import BuildError
from builders.opinions import STOPPED, Word
from distilabel_pipelines.generations import CUT_FINISH
from distilabel_pipelines.judging import (
    Judged,
    JudgeJob,
    Opinion,
    build_judge_request,
)
from distilabel_pipelines.structured import Answered, InvalidReplyError, ask_for_json
from distilabel_pipelines.thoughts import split_reply
from distilabel_pipelines.wire import ROUTES, TEACHER_HEADER, Body

if TYPE_CHECKING:
    import aiohttp

_START_S = 30.0
FAILED = "the judge's server did not answer this request"
# Codes of the gateway. What a server says is logged, not published: it may name an account.
_NO_ANSWER: Mapping[str, str] = MappingProxyType(
    {
        "not_needed": STOPPED,
        "run_stopped": STOPPED,
        "row_failed": FAILED,
        "refused_by_provider": "the judge's provider refused the content",
    }
)
logger = logging.getLogger("build")


class _NoAnswerError(Exception):
    """The judge said nothing about a row; the message goes into its `judge_reason`."""


class Judge:
    """Asks the judge about rows, many at once, through the gateway at `base_url` (…/v1).

    A context manager with an event loop in a thread of its own; leave it before the gateway.
    """

    def __init__(self, base_url: str, access_token: str, job: JudgeJob) -> None:
        self._url = f"{base_url}{ROUTES['chat']}"
        self._access_token = access_token
        self.job = job
        self._asked: set[asyncio.Task[Word]] = set()
        self._given_up = False
        self._warned = False

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="judge", daemon=True)
        self._thread.start()
        self._session, self._places = asyncio.run_coroutine_threadsafe(
            self._connect(), self._loop
        ).result(_START_S)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.give_up()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_START_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def accepts(self) -> bool:
        """Whether its word may change what is published."""
        return self.job.accepts

    def ask(self, row: Judged) -> Future[Word]:
        """The judge's word on the row, some time later; may be called from any thread.

        The future always ends: without an answer the word is `not_judged`, with the reason. It
        raises BuildError where the gateway does not understand the request.
        """
        return asyncio.run_coroutine_threadsafe(self._look_at(row), self._loop)

    def give_up(self) -> None:
        """Wait for no answer any more: rows without one are `not_judged`. For any thread."""
        self._loop.call_soon_threadsafe(self._cancel_all)

    def _cancel_all(self) -> None:
        self._given_up = True
        for task in self._asked:
            task.cancel()

    async def _connect(self) -> tuple[aiohttp.ClientSession, asyncio.Semaphore]:
        import aiohttp  # noqa: PLC0415  # builds without a judge need not load it

        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            headers={
                "Authorization": f"Bearer {self._access_token}",
                "Content-Type": "application/json",
                TEACHER_HEADER: "judge",
            },
            timeout=aiohttp.ClientTimeout(total=None),
        )
        return session, asyncio.Semaphore(self.job.connections)

    async def _close(self) -> None:
        await asyncio.gather(*self._asked, return_exceptions=True)
        await self._session.close()

    async def _look_at(self, row: Judged) -> Word:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a coroutine runs in a task")
        self._asked.add(task)
        try:
            opinion = await self._form_opinion(row)
        except _NoAnswerError as error:
            return Word("not_judged", str(error))
        except asyncio.CancelledError:
            if not self._given_up:
                raise
            return Word("not_judged", STOPPED)
        finally:
            self._asked.discard(task)
        return Word(opinion.verdict, opinion.reason)

    async def _form_opinion(self, row: Judged) -> Opinion:
        """Raises _NoAnswerError; a reply that no repair made valid is no opinion either."""
        if self._given_up:
            raise _NoAnswerError(STOPPED)
        async with self._places:
            body = build_judge_request(row, self.job)
            try:
                return await ask_for_json(self._ask, body, Opinion, repairs=self.job.repairs)
            except InvalidReplyError as error:
                tries = self.job.repairs + 1
                told = f"no valid verdict in {tries} replies; the last one: {error.problem}"
                raise _NoAnswerError(told) from error

    async def _ask(self, body: Body) -> Answered:
        import aiohttp  # noqa: PLC0415  # see _connect

        try:
            async with self._session.post(self._url, data=orjson.dumps(body)) as response:
                answer = orjson.loads(await response.read())
        except (aiohttp.ClientError, OSError, orjson.JSONDecodeError) as error:
            raise _NoAnswerError(STOPPED) from error  # the gateway has left; the build knows why
        if answer.get("error"):
            raise self._read_error(answer["error"])
        return _read_answer(answer["choices"][0])

    def _read_error(self, error: dict[str, Any]) -> Exception:
        code, message = str(error.get("code")), str(error.get("message"))
        told = _NO_ANSWER.get(code)
        if told is None:
            return BuildError(f"the gateway did not take the judge's request ({code}): {message}")
        if told is not STOPPED and not self._warned:
            self._warned = True
            logger.warning("warning: a row could not be judged: %s (said once)", message)
        return _NoAnswerError(told)


def _read_answer(choice: dict[str, Any]) -> Answered:
    """The answer's text. Some servers file all of it as a thought where thinking is off.

    A thought that was cut is never read for an answer: a draft is no verdict.
    """
    finish = choice.get("finish_reason") or ""
    if finish == "content_filter":
        raise _NoAnswerError(_NO_ANSWER["refused_by_provider"])
    texts = {name: text for name, text in choice["message"].items() if name != "role"}
    split = split_reply(texts, opening_tag_in_prompt=False)
    whole_thought = split.reasoning_content if finish == "stop" else ""
    return Answered(split.content or whole_thought, cut=finish in CUT_FINISH)

"""What the requests of a sample took, from their replies and the journal: tokens, seconds, a judge.

Used by the estimate of every kind. The journal knows what a reply does not: how long it took, and
which of its prompt tokens were cached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import orjson

from builders.errors import TeacherError
from builders.estimate import JudgedSample, SampledRequest
from distilabel_pipelines.accounts import read_usage
from distilabel_pipelines.continuations import ID_SEPARATOR
from distilabel_pipelines.journal import read_journal
from distilabel_pipelines.prices import TokenCount
from distilabel_pipelines.rows import Generation


def measure_requests(generations: Sequence[Generation], responses: Path) -> list[SampledRequest]:
    """Tokens and seconds of each request; raises TeacherError where none was answered with text."""
    answered = {part for one in generations if one.error is None for part in _list_parts(one)}
    if not answered:
        raise TeacherError(
            "no request of the sample was answered with text, so nothing can be estimated: "
            + "; ".join(sorted({one.error_message for one in generations})[:3])
        )
    facts = _read_facts(responses, answered - {""})
    return [_find_taken(one, facts) for one in generations]


def _list_parts(one: Generation) -> list[str]:
    """The ids of the requests that it took: several where a cut text was continued."""
    return one.request_id.split(ID_SEPARATOR)


def _find_taken(one: Generation, facts: Mapping[str, SampledRequest]) -> SampledRequest:
    """All parts of a reply as one request: its tokens summed, its times one after the other."""
    parts = [facts[part] for part in _list_parts(one) if part in facts]
    if len(parts) == 1 and one.request_id in facts:
        return parts[0]
    times = [part.latency_s for part in parts if part.latency_s is not None]
    asked = len(_list_parts(one))
    return SampledRequest(_read_tokens(one), sum(times) if len(times) == asked else None, asked)


def _read_tokens(one: Generation) -> TokenCount | None:
    if one.prompt_tokens is None or one.completion_tokens is None:
        return None
    return TokenCount(one.prompt_tokens, one.completion_tokens)


def _read_facts(responses: Path, wanted: set[str]) -> dict[str, SampledRequest]:
    """Tokens and seconds of the replies with these ids, from the journal."""
    facts = {}
    for _, record in read_journal(responses):
        if record.reply is not None and record.reply.response_id in wanted:
            tokens = read_usage(record.reply.usage)
            facts[record.reply.response_id] = SampledRequest(tokens, record.latency_s)
    return facts


def measure_judge(model: str, shown: int, responses: Path) -> JudgedSample:
    """What a judge took for any reply in this OUT; `shown` are those of the sample.

    The requests about one reply begin with the same two turns; repairs follow them.
    """
    looks: dict[bytes, list[TokenCount | None]] = {}
    for _, record in read_journal(responses):
        request = record.request
        if record.teacher == "judge" and request.get("model") == model:
            asked = orjson.dumps(request["messages"][:2])
            look = looks.setdefault(asked, [])
            if record.reply is not None:  # a refusal costs nothing
                look.append(read_usage(record.reply.usage))
    return JudgedSample(shown, tuple(_keep_counted(looks.values())))


def _keep_counted(
    looks: Iterable[Sequence[TokenCount | None]],
) -> Iterable[tuple[TokenCount, ...]]:
    for look in looks:
        counted = tuple(one for one in look if one is not None)
        if len(counted) == len(look):
            yield counted

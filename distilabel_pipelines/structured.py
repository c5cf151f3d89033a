"""Replies that must be JSON: how a server is told, how a reply is read, how it is repaired.

Sources: the OpenAI API reference (`response_format`: `json_schema`, `json_object`), which vLLM and
llama.cpp's server follow; Alibaba Cloud Model Studio's "Structured output" page: most Qwen models
know `json_object` alone, with the word JSON in the prompt and never while they think.

No server is trusted to keep the form: replies come with fences, text around, LaTeX that breaks the
escapes. What can be read without doubt is read; otherwise the model is shown its reply and what was
wrong, a bounded number of times, each a request of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from distilabel_pipelines.wire import Body

JsonStyle = Literal["json_schema", "json_object", "prompt_only"]
MAX_REPAIRS = 2
_MAX_OPENINGS = 1000  # places where an object is looked for; a text of braces alone ends there
_SHOWN_CHARACTERS = 4000
_CUT = "it was cut off at the token limit; answer much more briefly"
_WRONG = {"missing": "is missing", "extra_forbidden": "does not belong there"}
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
_Model = TypeVar("_Model", bound=BaseModel)


class InvalidReplyError(Exception):
    """A reply that does not hold what was asked for; `problem` is told to the model.

    Its wording is ours alone: a library's message would change the repair request's journal key
    with the library's version.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Answered(NamedTuple):
    """One reply's answer, without its thought; `cut` where it ended at the token limit."""

    text: str
    cut: bool = False


def make_response_format(name: str, schema: Mapping[str, Any], style: JsonStyle) -> Body:
    """The fields of a request's body that ask for JSON; none for `prompt_only`.

    `schema` is a JSON schema in OpenAI's strict subset: every property required, no others allowed.
    With `json_object` the prompt must say JSON, and a DashScope model must not think
    (`enable_thinking` false): the caller sees to both.
    """
    if style == "prompt_only":
        return {}
    if style == "json_object":
        return {"response_format": {"type": "json_object"}}
    named = {"name": name, "strict": True, "schema": dict(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def read_json_reply(text: str, model: type[_Model]) -> _Model:
    """The one JSON object in the text that is a `model`; raises InvalidReplyError.

    Fences and text around it do not matter. Two that differ are no answer: one of them may be
    quoted from what was to be judged.
    """
    found: list[_Model] = []
    problem = "it holds no JSON object"
    for value in _iterate_objects(text):
        try:
            candidate = model.model_validate(value)
        except ValidationError as error:
            problem = _describe(error)
            continue
        if candidate not in found:
            found.append(candidate)
    if len(found) > 1:
        raise InvalidReplyError("it holds several JSON objects that differ; give one")
    if not found:
        raise InvalidReplyError(problem)
    return found[0]


def _iterate_objects(text: str) -> Iterator[Any]:
    """The outermost JSON objects in the text, from left to right."""
    text = _ESCAPE.sub(lambda escape: escape[0] if len(escape[0]) > 1 else r"\\", text)
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_refuse_repeated_keys)
    start = text.find("{")
    for _ in range(_MAX_OPENINGS):
        if start < 0:
            return
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):  # no object begins here
            end = start + 1
        else:
            yield value
        start = text.find("{", end)


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key occurs twice: which one counts is anybody's guess")
    return fields


def _describe(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"])) or "the object"
    return f"the field {field} {_WRONG.get(first['type'], 'has no allowed value')}"


async def ask_for_json(
    ask: Callable[[Body], Awaitable[Answered]],
    body: Body,
    model: type[_Model],
    *,
    repairs: int = MAX_REPAIRS,
) -> _Model:
    """Ask, and ask again with the invalid reply in view, at most `repairs` times.

    `body` is a chat request; `ask` sends it. Deterministic: the same replies lead to the same
    further requests, so a resumed build finds them all in its journal. Raises InvalidReplyError
    with the last reply's problem, and whatever `ask` raises.
    """
    for left in range(repairs, -1, -1):
        answered = await ask(body)
        try:
            return read_json_reply(answered.text, model)
        except InvalidReplyError as error:
            problem = _CUT if answered.cut else error.problem
            if left == 0:
                raise InvalidReplyError(problem) from error
        body = {**body, "messages": [*body["messages"], *_repair_turns(answered.text, problem)]}
    raise AssertionError("the last try returns or raises")


def _repair_turns(text: str, problem: str) -> list[Body]:
    """The invalid reply, shortened, and what was wrong with it."""
    shown = text[:_SHOWN_CHARACTERS].strip() or "(nothing)"  # servers refuse an empty turn
    told = (
        f"This reply cannot be used: {problem}. Answer again with the one JSON object that was "
        "asked for, and nothing before or after it."
    )
    return [{"role": "assistant", "content": shown}, {"role": "user", "content": told}]

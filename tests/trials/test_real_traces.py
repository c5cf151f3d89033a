"""Trial: real traces come back through a whole build in every wire form, not a character lost.

978 real thoughts of open models (shared data `traces/`), among them Chinese ones, some with outer
white space, 67 with an empty answer. Each must stand in `dataset/` or `rejected/`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fake_teacher import (
    FakeTeacherProcess,
    RealTrace,
    TeacherScript,
    ThoughtWire,
    TraceReplier,
    WireStyle,
    load_real_traces,
    shared_data,
)
from tests.trials.build_command import (
    read_journal_rows,
    read_manifest_json,
    read_rows,
    run_build,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_data,
    pytest.mark.skipif(not shared_data().exists(), reason="SHARED_DATA is not here"),
]
CUT = {
    ThoughtWire.NULL_CONTENT,
    ThoughtWire.CUT_FIELD,
    ThoughtWire.CUT_INLINE,
    ThoughtWire.CUT_NO_TAGS,
}
IN_PROMPT = {ThoughtWire.MISSING_OPENING, ThoughtWire.CUT_NO_TAGS}


@pytest.fixture(scope="module")
def traces() -> list[RealTrace]:
    return load_real_traces()


@pytest.mark.parametrize(
    ("thought", "stream"),
    [
        (ThoughtWire.REASONING_CONTENT, True),
        (ThoughtWire.REASONING_CONTENT, False),
        (ThoughtWire.REASONING, True),
        (ThoughtWire.REASONING, False),
        (ThoughtWire.INLINE, True),
        (ThoughtWire.MISSING_OPENING, True),
        (ThoughtWire.SEVERAL_BLOCKS, True),
        (ThoughtWire.NULL_CONTENT, True),
        (ThoughtWire.CUT_FIELD, True),
        (ThoughtWire.CUT_INLINE, True),
        (ThoughtWire.CUT_NO_TAGS, True),
    ],
)
def test_every_thought_arrives_intact(
    tmp_path: Path, traces: list[RealTrace], thought: ThoughtWire, *, stream: bool
) -> None:
    seeds = tmp_path / "questions.jsonl"
    questions = [json.dumps({"question": trace.question}) for trace in traces]
    seeds.write_text("\n".join(questions), encoding="utf-8")
    config = tmp_path / "form.toml"
    config.write_text(
        f"[teacher]\nstream = {str(stream).lower()}\n"
        f"opening_tag_in_prompt = {str(thought in IN_PROMPT).lower()}\n"
    )
    style = WireStyle(thought=thought, delta_characters=61, write_bytes=997, vllm_space=stream)
    with FakeTeacherProcess(TeacherScript(replier=TraceReplier(traces), style=style)) as teacher:
        out, url = tmp_path / "out", teacher.root_url
        ended = run_build(out, llm="vllm", base_url=url, seeds=seeds, rows=978, config=config)
    # Cut replies are never published: then there is no dataset to look into, but a journal.
    assert ended.code == (4 if thought in CUT else 0), ended.said
    if thought in CUT:
        rows = read_journal_rows(out, opening_tag_in_prompt=thought in IN_PROMPT)
    else:
        rows = [*read_rows(out, "dataset/data"), *read_rows(out, "rejected")]
        assert read_manifest_json(out)["funnel"]["responses"] == 978
    came_back = {row["input"]: row for row in rows}
    assert len(came_back) == len(rows) == 978
    for trace in traces:
        row = came_back[trace.question]
        assert row["reasoning_content"].strip() == trace.thinking.strip()
        assert row["content"].strip() == ("" if thought in CUT else trace.output.strip())
    assert sum(not row["content"].strip() for row in rows) == (978 if thought in CUT else 67)

"""The embedded teacher: the bundled weights behind the gateway, and weights that are none."""

from __future__ import annotations

import os
import queue
import signal
from pathlib import Path

import httpx
import pytest

from distilabel_pipelines.embedded_model.weight_files import BUNDLED_GGUFS
from distilabel_pipelines.gateway.handle import GatewayError, GatewayHandle
from distilabel_pipelines.gateway.settings import EmbeddedSettings, Event, Stopped
from distilabel_pipelines.generations import read_record
from distilabel_pipelines.journal import read_journal
from tests.gateway.serving import settings_for

BODY = {
    "model": "small",
    "messages": [{"role": "user", "content": "What is 12 + 34?"}],
    "max_tokens": 600,
    "temperature": 0.0,
    "seed": 1,
}


def embedded(path: Path) -> EmbeddedSettings:
    return EmbeddedSettings(model_path=str(path), parallel=2, context_tokens=2048, threads=1)


def test_the_bundled_model_thinks_in_its_own_field_and_its_usage_is_kept(tmp_path: Path) -> None:
    model = BUNDLED_GGUFS["reasoner"]
    settings = settings_for(None, tmp_path, embedded=embedded(model), model="small")
    with GatewayHandle(settings, lambda _: None) as gateway:
        assert gateway.model == "small"
        headers = {"Authorization": f"Bearer {gateway.access_token}"}
        url = f"{gateway.base_url}/chat/completions"
        answer = httpx.post(url, json=BODY, headers=headers, timeout=60, trust_env=False)
    assert answer.status_code == 200
    ((_, record),) = read_journal(tmp_path / "responses")
    generation = read_record(record, opening_tag_in_prompt=False)
    assert generation.thought_form == "field"
    assert generation.reasoning_content
    assert generation.prompt_tokens
    assert generation.completion_tokens
    assert generation.served_model == "small"


def test_a_server_that_dies_stops_the_run_and_says_so(tmp_path: Path) -> None:
    model = BUNDLED_GGUFS["reasoner"]
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    settings = settings_for(None, tmp_path, embedded=embedded(model), model="small")
    with GatewayHandle(settings, events.put) as gateway:
        children = Path(f"/proc/{gateway._child.pid}/task/{gateway._child.pid}/children")
        if not children.exists():
            pytest.skip("finds the server in /proc")
        (server,) = children.read_text().split()
        os.kill(int(server), signal.SIGKILL)
        stopped = next(event for event in iter(events.get, None) if isinstance(event, Stopped))
    assert stopped.reason == "teacher_died"
    assert "the embedded server ended with exit code -9" in stopped.message


def test_a_file_that_is_no_model_is_told_with_the_end_of_the_servers_log(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF but not really")
    events: list[Event] = []
    settings = settings_for(None, tmp_path, embedded=embedded(path), model="small")
    with pytest.raises(GatewayError, match=r"logs/embedded-server\.log") as caught:
        GatewayHandle(settings, events.append).__enter__()
    assert caught.value.stopped.reason == "teacher_died"
    assert [type(event) for event in events] == [Stopped]

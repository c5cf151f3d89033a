"""The distilabel LLM by itself, in a process of its own: distilabel warns as it is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.fake_teacher import (
    FakeTeacher,
    Fault,
    FaultKind,
    FaultsByText,
    TeacherScript,
    arithmetic_replier,
)

REPOSITORY = Path(__file__).resolve().parents[1]
DEAD_PROXY = "http://127.0.0.1:9"
ASK = """
import json, sys
from distilabel_pipelines.teacher import TeacherLLM

def say(question):
    return [{"role": "user", "content": question}]

llm = TeacherLLM(
    model="org/m",
    base_url=sys.argv[1],
    connections=2,
    generation_kwargs={"max_new_tokens": 9, "top_p": 0.5, "stop": ["END"], "seed": 40},
)
llm.load()
inputs = [say("1 + 2?"), say("1 + 2?"), say("3 + 4?"), "5 + 6?", (say("7 + 8?"), {"seed": 7}),
          say("refused"), say("broken")]
outputs = llm.generate_outputs(inputs=inputs, num_generations=1, **llm.generation_kwargs)
try:
    llm.generate_outputs(inputs=inputs[:1], num_generations=2)
except ValueError as error:
    outputs.append(str(error))
llm.unload()
print(json.dumps({"outputs": outputs, "name": llm.model_name}))
"""


def ask(base_url: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK, base_url],
        cwd=REPOSITORY,
        env={**os.environ, "GATEWAY_ACCESS_TOKEN": "sk-gateway", "http_proxy": DEAD_PROXY},
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_the_llm_keeps_what_came_over_the_wire_and_numbers_identical_samples() -> None:
    faults = FaultsByText(
        {"refused": Fault(FaultKind.CONTENT_FILTER), "broken": Fault(FaultKind.GARBAGE_JSON)}
    )
    script = TeacherScript(replier=arithmetic_replier(), faults=faults, api_key="sk-gateway")
    with FakeTeacher(script) as teacher:
        told = ask(teacher.base_url)
        bodies = [record.body for record in teacher.records()]
        peak = teacher.peak_in_flight
    *outputs, several = told["outputs"]
    assert told["name"] == "org/m"
    assert "expand rows into samples" in several
    whole = outputs[:5]
    assert ["boxed" in output["generations"][0] for output in whole] == [True] * 5
    thoughts = [output["reasoning_content"][0] for output in whole]
    assert all("so the result is" in thought for thought in thoughts)
    replies = [json.loads(output["reply"][0]) for output in outputs]
    assert replies[0]["served_model"] == "org/m"
    assert replies[0]["prompt_tokens"] == 2
    assert whole[0]["statistics"]["input_tokens"] == [2]
    assert replies[5]["error"] == "teacher_error"  # the code is the provider's, not the gateway's
    assert "without JSON" in replies[6]["error_message"]
    seeds: dict[str, list[int]] = defaultdict(list)
    for body in bodies:
        seeds[json.dumps(body.get("messages", body.get("prompt")))].append(body["seed"])
        assert body["max_tokens"] == 9
        assert (body["top_p"], body["stop"]) == (0.5, ["END"])
        assert "temperature" not in body
    assert sorted(map(sorted, seeds.values())) == [[7], [40], [40], [40], [40], [40, 41]]
    assert peak <= 2

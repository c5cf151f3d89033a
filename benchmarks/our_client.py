"""This project's own way: the gateway's window, behind a real distilabel pipeline.

    python -m benchmarks.our_client --base-url … --requests 2000 --in-flight 64

Everything a build uses is on: journal synced, retries, thoughts split. The peak memory of all
processes of the run together (proportional set size, Linux) goes to standard error.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

from benchmarks.memory import PeakMemory
from benchmarks.workload import client_options, print_result, questions, summarise
from distilabel_pipelines.gateway.handle import GatewayHandle, new_access_token
from distilabel_pipelines.gateway.settings import GatewaySettings, TeacherSettings
from distilabel_pipelines.reasoning import ReasoningJob, expand_samples, generate_traces
from distilabel_pipelines.rows import Question, question_id


def run_our_pipeline(
    base_url: str, model: str, texts: list[str], in_flight: int, *, stream: bool
) -> list[str | None]:
    """The answers in order; None where a row failed."""
    asked = [Question(seed_id=question_id(text), question=text, language="en") for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        settings = GatewaySettings(
            journal_dir=f"{folder}/responses",
            access_token=new_access_token(),
            teacher=TeacherSettings(
                base_urls=(base_url,), model=model, concurrency=in_flight, stream=stream
            ),
        )
        with GatewayHandle(settings, lambda _: None) as gateway:
            job = ReasoningJob(
                model=gateway.model,
                base_url=gateway.base_url,
                connections=2 * in_flight + 64,
                opening_tag_in_prompt=False,
                generation_kwargs={"max_new_tokens": 4096},
            )
            traces = generate_traces(
                expand_samples(asked, samples=1, seed=0),
                job,
                access_token=gateway.access_token,
                work_dir=Path(folder) / "work",
                log_path=Path(folder) / "logs" / "distilabel.log",
                stopped=threading.Event(),
            )
            by_id = {trace.seed_id: trace.content or None for trace in traces}
    return [by_id.get(question.seed_id) for question in asked]


def main() -> None:
    """Run and print one JSON line."""
    parser = client_options(__doc__)
    parser.add_argument("--stream", action="store_true")
    options = parser.parse_args()
    started_s, clock = time.time(), time.monotonic()
    with PeakMemory() as memory:
        texts = run_our_pipeline(
            options.base_url,
            options.model,
            questions(options.requests),
            options.in_flight,
            stream=options.stream,
        )
    seconds = time.monotonic() - clock
    name = "ours: gateway + distilabel pipeline" + (", streamed" if options.stream else "")
    print_result(summarise(name, started_s, seconds, texts, options))
    memory.tell()


if __name__ == "__main__":
    main()

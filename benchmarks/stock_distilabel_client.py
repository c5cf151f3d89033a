"""The peer: stock distilabel 1.5.3, `Pipeline` + `OpenAILLM` + `TextGeneration`, nothing of ours.

`--in-flight` is its `input_batch_size`, which is all the concurrency that it has: 50 by default,
and a batch waits for its slowest request.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

import pyarrow as pa

from benchmarks.workload import client_options, print_result, questions, summarise

GENEROUS_TIMEOUT_S = 600


def run_stock_pipeline(
    base_url: str, model: str, rows: list[str], batch_size: int
) -> list[str | None]:
    """The generations in order; None where distilabel gave none."""
    from distilabel.models.llms import OpenAILLM  # noqa: PLC0415  # seconds to load
    from distilabel.pipeline import Pipeline  # noqa: PLC0415  # seconds to load
    from distilabel.steps import LoadDataFromDicts  # noqa: PLC0415  # seconds to load
    from distilabel.steps.tasks import TextGeneration  # noqa: PLC0415  # seconds to load

    with Pipeline(name="stock-benchmark") as pipeline:
        llm = OpenAILLM(model=model, base_url=base_url, api_key="none", timeout=GENEROUS_TIMEOUT_S)
        data = [{"instruction": text} for text in rows]
        load = LoadDataFromDicts(data=data, batch_size=batch_size)
        load >> TextGeneration(llm=llm, input_batch_size=batch_size)
    result: Any = pipeline.run(use_cache=False)
    return list(result["default"]["train"]["generation"])


def main() -> None:
    """Run and print one JSON line."""
    parser = client_options(__doc__)
    parser.add_argument("--batch-size", type=int, default=None, help="default: --in-flight")
    options = parser.parse_args()
    batch_size = options.batch_size or options.in_flight
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    started_s, clock = time.time(), time.monotonic()
    rows, failure = questions(options.requests), ""
    try:
        texts = run_stock_pipeline(options.base_url, options.model, rows, batch_size)
    except pa.ArrowException as error:
        # One failed request empties its whole batch; if that is the first, no dataset is written.
        texts, failure = [None] * len(rows), f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - clock
    name = f"stock distilabel Pipeline + OpenAILLM, batch {batch_size}"
    print_result(replace(summarise(name, started_s, seconds, texts, options), error=failure))


if __name__ == "__main__":
    main()

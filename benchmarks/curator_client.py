"""The peer: Bespoke Curator 0.1.31 against the loopback server, nothing of ours.

It pins an older `openai`, so it lives in a virtual environment of its own:

    python3 -m venv DIR && DIR/bin/pip install bespokelabs-curator==0.1.31 orjson
    DIR/bin/python -m benchmarks.curator_client --base-url … --requests 2000 --in-flight 64

Run from the repository's root. Without Curator it says so and exits with code 5.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.workload import client_options, print_result, questions, summarise

NOT_INSTALLED_EXIT = 5
NO_LIMIT_PER_MINUTE = 100_000_000


def run_curator(
    base_url: str, model: str, rows: list[str], in_flight: int, backend: str
) -> list[str | None]:
    """The responses in order; None where Curator gave none."""
    from bespokelabs import curator  # type: ignore[import-not-found]  # noqa: PLC0415  # optional

    llm = curator.LLM(
        model_name=model if backend == "openai" else f"openai/{model}",
        backend=backend,
        backend_params={
            "base_url": base_url,
            "api_key": "none",
            "max_requests_per_minute": NO_LIMIT_PER_MINUTE,
            "max_tokens_per_minute": NO_LIMIT_PER_MINUTE,
            "max_concurrent_requests": in_flight,
            "require_all_responses": False,
        },
    )
    with tempfile.TemporaryDirectory() as folder:  # its cache would answer for the server
        result: Any = llm(rows, working_dir=folder)
        answers = [row["response"] for row in getattr(result, "dataset", result)]
    return answers + [None] * (len(rows) - len(answers))


def _use_bundled_tokens() -> None:
    """Curator's token counter would download its vocabulary; LiteLLM, its dependency, brings it."""
    found = importlib.util.find_spec("litellm")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(folder))


def main() -> None:
    """Run and print one JSON line."""
    parser = client_options(__doc__)
    parser.add_argument("--backend", choices=["openai", "litellm"], default="openai")
    options = parser.parse_args()
    if importlib.util.find_spec("bespokelabs") is None:
        print("Bespoke Curator is not installed here: see the head of this file.", file=sys.stderr)
        sys.exit(NOT_INSTALLED_EXIT)
    os.environ["TELEMETRY_ENABLED"] = "false"
    _use_bundled_tokens()
    os.environ.setdefault("CURATOR_DISABLE_RICH_DISPLAY", "1")
    os.environ.setdefault("OPENAI_API_KEY", "none")
    started_s, clock = time.time(), time.monotonic()
    texts = run_curator(
        options.base_url,
        options.model,
        questions(options.requests),
        options.in_flight,
        options.backend,
    )
    seconds = time.monotonic() - clock
    name = f"Bespoke Curator 0.1.31, {options.backend} backend"
    print_result(summarise(name, started_s, seconds, texts, options))


if __name__ == "__main__":
    main()

"""The novelty screen beside rouge-score's own loop and Alpaca's process pool, in one run.

    python -m benchmarks.novelty [--checked 12] [--generated 200000] [--projected 1000000]

Real Alpaca against a pool that grows as a build's does, shuffled with perturbed copies, Chinese by
character, without the compiler, 200,000 generated texts, and a few thousand against a million.
Each case has a process of its own (peak memory); of each, `--checked` verdicts are held against
rouge-score: decision, scores and places bit for bit, mean to 1e-12. Ratios are what counts; seconds
depend on the machine. Needs SHARED_DATA.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from benchmarks.novelty_rivals import (
    measure_pairs_a_second,
    score_as_alpaca,
    score_in_a_loop,
)
from benchmarks.novelty_texts import ALPACA, CHINESE, generate_texts, perturb_texts, read_texts
from builders.novelty import NoveltyScreen, NoveltyVerdict, tokenize

_CHUNK = 4096
_RIVAL_POOL = 26_001  # the mean pool of a run over 52,002
_RIVAL_CANDIDATES = 8
_NEVER = 10**15

_Result = TypeVar("_Result")


@dataclass
class Outcome:
    """One case; `pairs` are comparisons, `cells` the steps of rouge-score's table for them."""

    candidates: int = 0
    kept: int = 0
    pairs: int = 0
    cells: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    checked: int = 0
    peak_mb: float = 0.0
    sample: list[tuple[str, int, NoveltyVerdict]] = field(default_factory=list, repr=False)

    def format_row(self, label: str, rival: float) -> str:
        """One row of the table; `rival` pairs a second are 1×."""
        speed = self.pairs / self.seconds
        cells = [
            label,
            f"{self.candidates:,}",
            f"{self.kept:,}",
            f"{self.pairs / 1e6:,.0f} M",
            f"{self.seconds:.1f}",
            f"{self.cpu_s:.1f}",
            f"{speed / 1e6:,.0f} M",
            f"{self.cells / self.seconds / 1e9:.1f} G",
            f"{speed / rival:,.0f}×",
            f"{self.peak_mb:,.0f}",
            f"{self.checked} of {len(self.sample)}",
        ]
        return "| " + " | ".join(cells) + " |"


HEADER = """\
| texts | asked | kept | pairs | s | CPU-s | pairs/s | cells/s | × Alpaca's | peak MB | equal |
|---|---|---|---|---|---|---|---|---|---|---|"""


def start_compiled_engine() -> float:
    """Seconds until every kernel is there, compiled or from numba's cache."""
    start = time.perf_counter()
    screen = NoveltyScreen([], compile_after_pairs=0)
    screen.judge([" ".join(f"w{index}" for index in range(words)) for words in (9, 25, 50, 90)])
    return time.perf_counter() - start


def screen_texts(chunks: Iterable[list[str]], checked: int, compile_after: int) -> Outcome:
    """Judge all, in order, against a pool that starts empty."""
    if compile_after == 0:
        start_compiled_engine()
    screen = NoveltyScreen([], compile_after_pairs=compile_after)
    return judge_chunks(screen, chunks, checked)


def judge_chunks(screen: NoveltyScreen, chunks: Iterable[list[str]], checked: int) -> Outcome:
    """Time the judging alone; afterwards check a sample against rouge-score."""
    outcome, draw = Outcome(), random.Random(1)
    pool_tokens = sum(len(tokenize(text)) for text in screen.texts)
    for chunk in chunks:
        start, cpu_start, size = time.perf_counter(), time.process_time(), len(screen)
        verdicts = screen.judge(chunk)
        outcome.seconds += time.perf_counter() - start
        outcome.cpu_s += time.process_time() - cpu_start
        for text, verdict in zip(chunk, verdicts, strict=True):
            tokens = len(tokenize(text))
            outcome.pairs += size
            outcome.cells += tokens * pool_tokens
            outcome.sample.append((text, size, verdict))
            size += verdict.is_novel
            pool_tokens += tokens * verdict.is_novel
        outcome.sample = draw.sample(outcome.sample, min(checked, len(outcome.sample)))
        outcome.candidates += len(chunk)
    outcome.kept = len(screen)
    outcome.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    outcome.checked = sum(is_as_rouge_score_says(screen, *entry) for entry in outcome.sample)
    return outcome


def is_as_rouge_score_says(
    screen: NoveltyScreen, text: str, size: int, verdict: NoveltyVerdict
) -> bool:
    """Whether decision, scores, places and mean are those of rouge-score on every pair."""
    pool = [tokenize(existing) for existing in screen.texts[:size]]
    scores = score_in_a_loop(tokenize(text), pool)
    closest = sorted(enumerate(scores), key=lambda entry: (-entry[1], entry[0]))[:10]
    mean = sum(scores) / max(len(scores), 1)
    highest = max(scores, default=0.0)
    expected = (highest <= 0.7, highest, closest)
    found = (verdict.is_novel, verdict.highest, verdict.closest)
    return found == expected and abs(verdict.mean - mean) <= 1e-12


def split(texts: list[str]) -> Iterable[list[str]]:
    """Chunks as a build would hand them over."""
    return [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]


def screen_real(source: tuple[str, str], limit: int, checked: int, compile_after: int) -> Outcome:
    """The texts of a file in its own order."""
    return screen_texts(split(read_texts(source)[:limit]), checked, compile_after)


def screen_perturbed(checked: int) -> Outcome:
    """Shuffled, half of them near-copies."""
    return screen_texts(split(perturb_texts(read_texts(ALPACA), 1)), checked, 0)


def screen_generated(count: int, checked: int) -> Outcome:
    """New to each other, so that the pool grows to nearly all of them."""
    return screen_texts(generate_texts(count, 2), checked, 0)


def screen_against_many(pool: int, candidates: int, checked: int) -> Outcome:
    """A few thousand candidates against a pool that is there already."""
    start_compiled_engine()
    texts = (text for chunk in generate_texts(pool, 3) for text in chunk)
    screen = NoveltyScreen(texts, compile_after_pairs=0)
    return judge_chunks(screen, generate_texts(candidates, 4), checked)


def run_apart(task: Callable[[], _Result]) -> _Result:
    """In a fresh process, for its own peak memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(task).result()


def measure_starts() -> str:
    """The compiled engine's start with an empty cache and with a full one."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        compiling, cached = run_apart(start_compiled_engine), run_apart(start_compiled_engine)
        del os.environ["NUMBA_CACHE_DIR"]
    return f"Start of the compiled engine: {compiling:.1f} s, {cached:.1f} s once it is cached."


def main() -> None:
    """Run the rivals and each case; print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checked", type=int, default=12, help="verdicts checked, of each case")
    parser.add_argument("--generated", type=int, default=200_000)
    parser.add_argument("--projected", type=int, default=1_000_000)
    options = parser.parse_args()
    print(measure_starts(), flush=True)
    texts = read_texts(ALPACA)[: _RIVAL_POOL + _RIVAL_CANDIDATES]
    loop = measure_pairs_a_second(score_in_a_loop, texts, _RIVAL_CANDIDATES)
    alpaca = measure_pairs_a_second(score_as_alpaca, texts, _RIVAL_CANDIDATES)
    real = run_apart(partial(screen_real, ALPACA, 60_000, options.checked, 0))
    # Once more after our run, and the better one counts: the machine may have had other work.
    loop = max(loop, measure_pairs_a_second(score_in_a_loop, texts, _RIVAL_CANDIDATES))
    alpaca = max(alpaca, measure_pairs_a_second(score_as_alpaca, texts, _RIVAL_CANDIDATES))
    print(f"At a pool of {_RIVAL_POOL:,}: rouge-score in a loop {loop:,.0f} pairs/s;", end=" ")
    print(f"Alpaca's process pool per candidate {alpaca:,.0f} pairs/s.\n\n{HEADER}")
    print(real.format_row("Alpaca 52k, file order", alpaca), flush=True)
    checked, count = options.checked, options.projected
    cases: dict[str, Callable[[], Outcome]] = {
        "the same, no compiler, 10k": partial(screen_real, ALPACA, 10_000, checked, _NEVER),
        "the same, compiler, 10k": partial(screen_real, ALPACA, 10_000, checked, 0),
        "shuffled, half near-copies": partial(screen_perturbed, checked),
        "Chinese 10k": partial(screen_real, CHINESE, 10_000, checked, 0),
        f"generated {options.generated:,}": partial(screen_generated, options.generated, checked),
        f"against {count:,}": partial(screen_against_many, count, 4_000, 2),
    }
    for label, task in cases.items():
        outcome = run_apart(task)
        print(outcome.format_row(label, alpaca), flush=True)
    minutes = count**2 / 2 / (outcome.pairs / outcome.seconds) / 60
    print(f"\nProjected from the last row: {count:,} from an empty pool in {minutes:.1f} minutes,")
    print(f"{outcome.peak_mb:,.0f} MB.")


if __name__ == "__main__":
    main()

"""Deduplication of documents beside datatrove's stock example, in one run.

    python -m benchmarks.dedup [--count 20000] [--largest 80000]

The stock example (10 tasks, 5 workers, the tokenizer that datatrove assigns to the language) needs
spaCy and jieba, which are not among our dependencies: it runs in the environment whose Python
RIVALS_PYTHON names, and is left out where that is not set. Each case is a process of its own from
start to exit, files in and files out. Beside seconds stand CPU-seconds of all its processes: on a
busy machine five workers get more of it than one. Groups are compared, not rows, as datatrove
keeps an arbitrary row: of a group of k copies k - 1 must go (found), and no more (wrong).
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.dedup_texts import PlantedDocuments, generate_documents, generate_tables

_BECOME_SUBREAPER = 36
_TASKS = 10
RIVALS_NEED = """\
RIVALS_PYTHON is not set: datatrove's stock tokenizers are left out. To compare with them:
    python3 -m venv /tmp/rivals
    /tmp/rivals/bin/pip install "datatrove[io,processing]==0.10.1" spacy jieba "xxhash<4"
    RIVALS_PYTHON=/tmp/rivals/bin/python python -m benchmarks.dedup
"""
HEADER = """\
| documents | by | s | CPU-s | × less s | × less CPU | peak MB | found | wrong |
|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Rival:
    """How a case is run: the module's arguments behind the folder, the tasks its files are for."""

    label: str
    python: str
    arguments: tuple[str, ...]
    tasks: int = 1


@dataclass(frozen=True)
class Outcome:
    """`found` of `planted` copies; `wrong` removals; memory of the largest process."""

    seconds: float
    cpu_s: float
    peak_mb: float
    found: int
    planted: int
    wrong: int

    def format_row(self, documents: str, by: str, stock: Outcome) -> str:
        """One row of the table, `stock` the case that is 1×."""
        cells = [
            documents,
            by,
            f"{self.seconds:.1f}",
            f"{self.cpu_s:.1f}",
            f"{stock.seconds / self.seconds:.1f}",
            f"{stock.cpu_s / self.cpu_s:.1f}",
            f"{self.peak_mb:,.0f}",
            f"{self.found:,} of {self.planted:,}",
            str(self.wrong),
        ]
        return "| " + " | ".join(cells) + " |"


def list_rivals(language: str) -> list[Rival]:
    """The first is 1×; ours is the last."""
    run, here = ("-m", "benchmarks.dedup_rivals", language), sys.executable
    rivals = []
    if python := os.environ.get("RIVALS_PYTHON"):
        rivals = [
            Rival("datatrove, stock example", python, (*run, "--workers", "5"), _TASKS),
            Rival("datatrove, one task", python, (*run, "--tasks", "1", "--workers", "1")),
        ]
    spaces = ("--tokenizer", "spaces", "--tasks", "1", "--workers", "1")
    return [
        *rivals,
        Rival("datatrove, words by white space", here, (*run, *spaces)),
        Rival("ours", here, ("-m", "benchmarks.dedup_ours")),
    ]


def run_case(rival: Rival, documents: PlantedDocuments) -> Outcome:
    """A fresh process over fresh files."""
    folder = Path(tempfile.mkdtemp(prefix="dedup-"))
    try:
        write_files(documents.texts, folder / "data", rival.tasks)
        flag, module, *rest = rival.arguments
        command = [rival.python, flag, module, str(folder), *rest]
        seconds, cpu_s, peak_mb = measure(command)
        removed = {
            int(json.loads(line)["id"])
            for file in (folder / "removed").iterdir()
            for line in file.read_bytes().splitlines()
        }
    finally:
        shutil.rmtree(folder)
    return Outcome(seconds, cpu_s, peak_mb, *compare_groups(documents.planted, removed))


def write_files(texts: Sequence[str], folder: Path, tasks: int) -> None:
    """JSONL in row order, a file a task."""
    folder.mkdir()
    for task in range(tasks):
        start, end = len(texts) * task // tasks, len(texts) * (task + 1) // tasks
        rows = [{"text": texts[place], "id": str(place)} for place in range(start, end)]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{task:05d}.jsonl").write_text(lines, encoding="utf-8")


def measure(command: Sequence[str]) -> tuple[float, float, float]:
    """Seconds, CPU-seconds of the command and all it started, megabytes of its largest process."""
    with contextlib.suppress(OSError, AttributeError):  # Linux: workers left behind become ours
        ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds, usages = time.perf_counter() - start, [usage]
        with contextlib.suppress(ChildProcessError):
            while True:
                usages.append(os.wait4(-1, 0)[2])
        if process.returncode != 0:
            log.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{log.read().decode()[-2000:]}")
    cpu_s = sum(used.ru_utime + used.ru_stime for used in usages)
    return seconds, cpu_s, max(used.ru_maxrss for used in usages) / 1e3


def compare_groups(planted: dict[int, int], removed: set[int]) -> tuple[int, int, int]:
    """(found, planted, wrong)."""
    copies = Counter(planted.values())
    gone = Counter(planted.get(place, place) for place in removed)
    found = sum(min(gone[original], count) for original, count in copies.items())
    return found, len(planted), len(removed) - found


def read_articles() -> PlantedDocuments | None:
    """The real articles with their gold pairs, where SHARED_DATA (default ../shared/data) is."""
    folder = Path(os.environ.get("SHARED_DATA", "../shared/data")) / "dedup"
    if not folder.is_dir():
        return None
    with gzip.open(folder / "articles_1000.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    place_of = {article["id"]: place for place, article in enumerate(articles)}
    truth = (folder / "articles_1000_truth.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [sorted(place_of[pair[side]] for side in "ab") for pair in map(json.loads, truth)]
    return PlantedDocuments([article["text"] for article in articles], {b: a for a, b in pairs})


def list_cases(count: int) -> dict[str, tuple[str, Callable[[], PlantedDocuments | None]]]:
    """Label → language and how the documents come."""
    return {
        "1,000 English": ("en", partial(generate_documents, 1000, "en", 1)),
        "1,000 Chinese": ("zh", partial(generate_documents, 1000, "zh", 1)),
        "1,000 real articles": ("en", read_articles),
        "1,000 tables, one template": ("en", partial(generate_tables, 1000, 1)),
        f"{count:,} English": ("en", partial(generate_documents, count, "en", 1)),
        f"{count:,} Chinese": ("zh", partial(generate_documents, count, "zh", 1)),
    }


def compare(label: str, language: str, documents: PlantedDocuments) -> None:
    """A row for each rival and for ours."""
    stock = None
    for rival in list_rivals(language):
        outcome = run_case(rival, documents)
        stock = stock or outcome
        print(outcome.format_row(label, rival.label, stock), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000, help="of the large cases")
    parser.add_argument("--largest", type=int, default=80_000, help="ours alone, for the growth")
    parser.add_argument("--only", default="", help="cases whose name contains this; growth is one")
    options = parser.parse_args()
    if "RIVALS_PYTHON" not in os.environ:
        print(RIVALS_NEED)
    print(HEADER, flush=True)
    for label, (language, obtain) in list_cases(options.count).items():
        if options.only in label and (documents := obtain()) is not None:
            compare(label, language, documents)
    if options.only not in "growth":
        return
    for count in (options.largest // 16, options.largest // 4, options.largest):
        outcome = run_case(list_rivals("en")[-1], generate_documents(count, "en", 2))
        print(outcome.format_row(f"{count:,} English", "ours", outcome), flush=True)


if __name__ == "__main__":
    main()

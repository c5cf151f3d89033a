"""Decontamination beside Cosmopedia's way and datatrove's filter, in one run over the same texts.

    python -m benchmarks.decontamination [--documents 1500] [--planted 1500]

English (OpenStax sections) and Chinese (Alpaca's answers) cut to 2,000 characters, and English with
one real benchmark item planted in each. The rivals: sets of n-grams and `difflib` over characters,
as huggingface/cosmopedia does it; datatrove's `NGramsDecontFilter` with an index of the same
questions (its own indexer wants lighteval) and a plain word splitter in spaCy's place, which only
makes it faster. Each has a process of its own; ratios are what counts, seconds depend on the
machine. CPU seconds are told since other work on the machine spoils the clock. Needs SHARED_DATA.
"""

from __future__ import annotations

import argparse
import difflib
import multiprocessing
import os
import random
import re
import resource
import tempfile
import time
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.novelty_texts import read_texts
from builders.decontamination import DecontaminationConfig, open_benchmarks
from builders.decontamination.benchmark_files import read_benchmark_files
from builders.decontamination.hashed_tokens import hash_tokens
from builders.text_keys import CJK

OPENSTAX = ("seeds/openstax_astronomy_sections.jsonl.gz", "text")
CHINESE = ("instruct/alpaca_gpt4_zh_demo_1k.jsonl.gz", "output")
CHARACTERS = 2000
LEAST_TOKENS = 13
N = 10
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+")

Find = Callable[[Sequence[str]], list[bool]]


@dataclass
class Case:
    """One finder: seconds and CPU seconds by set of texts, and what it found there."""

    ready_s: float
    peak_mb: float
    cpu_s: dict[str, float]
    found: dict[str, list[bool]]


def split_words(text: str) -> list[str]:
    """A CJK character is a word, for the rivals too: without that they see no Chinese at all."""
    return _WORD.findall(text.lower())


def make_ours(folder: Path) -> Find:
    """This project's."""
    benchmarks = open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))
    return lambda texts: [one is not None for one in benchmarks.find_contamination(texts)]


def make_cosmopedia(folder: Path) -> Find:
    """Sets of n-grams, then `difflib` over the characters of text and item."""
    owners: dict[tuple[str, ...], int] = {}
    items = [item.text for file in read_benchmark_files(folder) for item in file.items]
    for number, item in enumerate(items):
        for gram in list_n_grams(fold(item)):
            owners[gram] = number

    def is_contaminated(text: str) -> bool:
        words = fold(text)
        number = next((owners[gram] for gram in list_n_grams(words) if gram in owners), None)
        return number is not None and measure_share(words, fold(items[number])) > 0.5

    return lambda texts: [is_contaminated(text) for text in texts]


def fold(text: str) -> list[str]:
    """Words without marks above their letters."""
    plain = unicodedata.normalize("NFD", text)
    return split_words("".join(one for one in plain if unicodedata.category(one) != "Mn"))


def list_n_grams(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Every N words in a row."""
    return [tuple(words[place : place + N]) for place in range(len(words) - N + 1)]


def measure_share(words: Sequence[str], item: Sequence[str]) -> float:
    """Of the item's characters, in blocks of more than five that the text has too."""
    text, question = " ".join(words), " ".join(item)
    blocks = difflib.SequenceMatcher(None, text, question, autojunk=False).get_matching_blocks()
    return sum(one.size for one in blocks if one.size > 5) / len(question)


def make_datatrove(folder: Path) -> Find:
    """datatrove's filter, one document after another as its pipeline hands them over."""
    from datatrove.data import Document  # noqa: PLC0415  # heavy
    from datatrove.io import get_datafolder  # noqa: PLC0415
    from datatrove.pipeline.decont.n_grams import (  # noqa: PLC0415
        NGramsDecontConfig,
        NGramsDecontFilter,
    )
    from datatrove.utils.hashing import create_hash_func  # noqa: PLC0415
    from datatrove.utils.text import ngrams, simplify_text  # noqa: PLC0415

    class Splitter:
        """Where spaCy would be."""

        def word_tokenize(self, text: str) -> list[str]:
            return split_words(text)

    config = NGramsDecontConfig(n_grams=N, find_query_ngrams=True)
    hash_text = create_hash_func(config.hash_config)
    index = Path(tempfile.mkdtemp())
    for file in read_benchmark_files(folder):
        words = (split_words(simplify_text(one.text, config.norm_config)) for one in file.items)
        hashes = {hash_text(" ".join(gram)) for one in words for gram in ngrams(one, N)}
        array = np.array(sorted(hashes), dtype=config.hash_config.np_descr)
        array.tofile(index / f"{file.name}.index.hashes")
    step: Any = object.__new__(NGramsDecontFilter)
    step.index_folder, step.config, step.hash_func = get_datafolder(str(index)), config, hash_text
    step.tokenizer, step._index_hashes = Splitter(), None  # noqa: SLF001  # spaCy is not here
    step.stat_update = lambda *_, **__: None
    step.load_index_hashes()
    return lambda texts: [step.filter(Document(text=one, id="")) is not True for one in texts]


FINDERS: dict[str, Callable[[Path], Find]] = {
    "ours": make_ours,
    "Cosmopedia's way": make_cosmopedia,
    "datatrove's filter": make_datatrove,
}


def cut(texts: Sequence[str], separator: str, most: int) -> list[str]:
    """Pieces of 2,000 characters of all texts together."""
    whole = separator.join(texts)
    pieces = [whole[at : at + CHARACTERS] for at in range(0, len(whole) - CHARACTERS, CHARACTERS)]
    return (pieces * (1 + most // len(pieces)))[:most]


def plant(folder: Path, documents: Sequence[str], count: int) -> tuple[list[str], list[int]]:
    """One item in each document, and the items' tokens; as many of each benchmark."""
    draw = random.Random(7)
    files = read_benchmark_files(folder)
    items = [draw.choice(files[place % len(files)].items).text for place in range(count)]
    planted = []
    for item in items:
        around, at = draw.choice(documents), draw.randrange(CHARACTERS // 2)
        planted.append(f"{around[:at]} {item} {around[at + len(item) :]}")
    return planted, np.diff(hash_tokens(items).bounds).tolist()


def measure(name: str, folder: Path, sets: dict[str, list[str]]) -> Case:
    """Build the index, then find in each set."""
    start = time.process_time()
    find = FINDERS[name](folder)
    case = Case(time.process_time() - start, 0, {}, {})
    for label, texts in sets.items():
        find(texts[:20])
        start = time.process_time()
        case.found[label] = find(texts)
        case.cpu_s[label] = time.process_time() - start
    case.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return case


def tell_recall(found: Sequence[bool], sizes: Sequence[int]) -> str:
    """Of planted items, by their length."""
    cells = []
    for label, low, high in (("≥13", LEAST_TOKENS, 10**9), ("<13", 0, LEAST_TOKENS)):
        hits = [one for one, size in zip(found, sizes, strict=True) if low <= size < high]
        cells.append(f"{label}: {sum(hits)} of {len(hits)}")
    return ", ".join(cells)


def main() -> None:
    """Run the finders one after another; print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1500)
    parser.add_argument("--planted", type=int, default=1500)
    options = parser.parse_args()
    folder = find_shared("benchmarks")
    sections = read_texts(OPENSTAX)
    english = cut(sections, "\n", options.documents)
    planted, sizes = plant(folder, english, options.planted)
    sets = {"English": english, "planted": planted}
    sets["Chinese"] = cut(read_texts(CHINESE), "\n", options.documents // 2)
    print("| finder | index CPU-s | peak MB | English | planted | Chinese | recall of planted |")
    print("|---|---|---|---|---|---|---|")
    for name in FINDERS:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            case = process.submit(partial(measure, name, folder, sets)).result()
        speeds = [f"{len(sets[label]) / case.cpu_s[label]:,.0f}" for label in sets]
        cells = [name, f"{case.ready_s:.1f}", f"{case.peak_mb:,.0f}", *speeds]
        print("|", " | ".join([*cells, tell_recall(case.found["planted"], sizes)]), "|", flush=True)
        alarms = {label: sum(case.found[label]) for label in ("English", "Chinese")}
        print(f"|  | | | alarms {alarms['English']} | | alarms {alarms['Chinese']} | |", flush=True)
    print("\nDocuments of 2,000 characters a CPU second.")


def find_shared(name: str) -> Path:
    """A folder below SHARED_DATA."""

    path = Path(os.environ.get("SHARED_DATA", "../shared/data")) / name
    if not path.is_dir():
        msg = f"{path} is not there: set SHARED_DATA to the folder that holds {name}"
        raise SystemExit(msg)
    return path


if __name__ == "__main__":
    main()

"""The benchmarks of a build: opened once, then asked about many texts."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from builders.decontamination.benchmark_files import (
    BenchmarkFile,
    read_benchmark_files,
    read_pinned_files,
)
from builders.decontamination.config import DecontaminationConfig
from builders.decontamination.facts import (
    BenchmarkFacts,
    Contamination,
    DecontaminationFacts,
    UnusableFile,
)
from builders.decontamination.hashed_tokens import hash_tokens, split_batches
from builders.decontamination.items import QUESTION_FIELDS, Item, Wording, list_wordings
from builders.decontamination.long_items import LongItems, LongWordings, prepare_long
from builders.decontamination.short_items import ShortItems, ShortWording
from builders.errors import RecipeError
from builders.seed_source import find_path

_logger = logging.getLogger("build")


class _Owner(NamedTuple):
    """Whose a wording is: the number of the file, and the item."""

    file: int
    item: Item


class Benchmarks:
    """The items of all benchmark files, to be found in texts.

    Every answer depends on the text alone, so that it never changes with what comes later.
    """

    def __init__(self, files: Sequence[BenchmarkFile], config: DecontaminationConfig) -> None:
        self._config = config
        self._files: list[BenchmarkFile] = []
        self._unusable: list[BenchmarkFile] = []
        self._owners: list[_Owner] = []
        self._indexed: Counter[int] = Counter()
        long: list[LongWordings] = []
        short: list[ShortWording] = []
        for file in files:
            wordings = list_wordings(file.items)
            if not any(one.size for one in wordings):
                self._unusable.append(file)
                continue
            self._files.append(file)
            part, few_words = self._prepare_file(file, wordings)
            long.append(part)
            short += few_words
        self._long = LongItems(long, config)
        self._short = ShortItems(short, config)

    def _prepare_file(
        self, file: BenchmarkFile, wordings: Sequence[Wording]
    ) -> tuple[LongWordings, list[ShortWording]]:
        """What is looked for of the newest of `_files`."""
        number, first = len(self._files) - 1, len(self._owners)
        self._owners += [_Owner(number, item) for item in file.items]
        least = self._config.short_tokens
        whole = [one for one in wordings if one.size >= least]
        few = [one for one in wordings if 0 < one.size < least]
        part = prepare_long(
            [one.text for one in whole],
            [first + one.number for one in whole],
            len(file.items),
            self._config,
        )
        few += _select_templates(whole, part)
        self._indexed[number] = len({one.number for one in (*whole, *few)})
        return part, [ShortWording(first + one.number, one.text, one.options) for one in few]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to check against."""
        return not self._files

    @property
    def size_bytes(self) -> int:
        """Memory of the index, without the items' own texts."""
        return self._long.size_bytes + self._short.size_bytes

    def find_contamination(self, texts: Sequence[str]) -> list[Contamination | None]:
        """For each text the item that it holds most of, or None; pure.

        A short item counts where it is the whole text, or an option of it stands behind it.
        """
        if self.is_empty:
            return [None] * len(texts)
        return [found for batch in split_batches(texts) for found in self._search(batch)]

    def _search(self, texts: Sequence[str]) -> list[Contamination | None]:
        batch = hash_tokens(texts)
        best: dict[int, tuple[float, int]] = {}
        for text, owner, share in self._long.find(batch):
            best[text] = max(best.get(text, (0.0, 0)), (share, -owner))
        for text, owner in self._short.find(batch):
            best[text] = max(best.get(text, (0.0, 0)), (1.0, -owner))
        return [self._describe_match(best.get(text)) for text in range(len(texts))]

    def _describe_match(self, match: tuple[float, int] | None) -> Contamination | None:
        if match is None:
            return None
        share, (file, item) = match[0], self._owners[-match[1]]
        return Contamination(
            benchmark=self._files[file].name,
            item=item.place,
            item_text="\n".join([item.text, *item.options]),
            matched_share=round(share, 4),
        )

    def describe(
        self, *, seeds: Iterable[Contamination] = (), rows: Iterable[Contamination] = ()
    ) -> DecontaminationFacts:
        """For the manifest: what was checked, with the seeds (or sources) dropped and the rows
        rejected for each benchmark."""
        config = self._config
        dropped = Counter(one.benchmark for one in seeds)
        rejected = Counter(one.benchmark for one in rows)
        return DecontaminationFacts(
            checked=not self.is_empty,
            **config.model_dump(exclude={"benchmarks", "pins"}),
            benchmarks=[
                BenchmarkFacts(
                    name=file.name,
                    file=file.file,
                    sha256=file.sha256,
                    items=file.rows,
                    items_indexed=self._indexed[number],
                    seeds_matched=dropped[file.name],
                    rows_matched=rejected[file.name],
                )
                for number, file in enumerate(self._files)
            ],
            unusable=[
                UnusableFile(file=one.file, sha256=one.sha256, items=one.rows, columns=one.columns)
                for one in self._unusable
            ],
            question_columns=list(QUESTION_FIELDS),
        )


def _select_templates(whole: Sequence[Wording], part: LongWordings) -> list[Wording]:
    """Wordings of which no n-gram is their own: they can only be found like short ones."""
    indexed = np.concatenate(([0], np.cumsum(part.is_indexed)))[part.bounds]
    return [one for one, own in zip(whole, np.diff(indexed).tolist(), strict=True) if own == 0]


def open_benchmarks(config: DecontaminationConfig) -> Benchmarks:
    """Read and index the benchmarks of the folder, and say what texts are held against.

    The default folder may be missing or of no use: then nothing is checked, and said. Raises
    RecipeError for a folder that was named and is missing or holds no question, for a file that
    cannot be read and for a pinned one that is not there.
    """
    if not config.enabled:
        return Benchmarks([], config)
    folder = find_path(config.benchmarks)
    benchmarks = Benchmarks(_read_files(folder, config), config)
    told = benchmarks.describe()
    if benchmarks.is_empty and config.is_named and config.pins is None:
        raise RecipeError(
            f"BENCHMARKS={config.benchmarks}: {told.tell_unusable() or _tell_nothing(folder)}; or "
            "run make fetch-benchmarks and leave BENCHMARKS out."
        )
    if told.checked:
        _logger.info("%s", told.tell_check())
    for warning in told.list_warnings():
        _logger.warning("warning: %s", warning)
    return benchmarks


def _read_files(folder: Path | None, config: DecontaminationConfig) -> list[BenchmarkFile]:
    there = folder if folder is not None and folder.is_dir() else None
    if config.pins is None:
        return read_benchmark_files(there) if there is not None else []
    try:
        return read_pinned_files(there, config.pins)
    except RecipeError as error:
        raise RecipeError(f"BENCHMARKS={config.benchmarks}: {error}") from error


def _tell_nothing(folder: Path | None) -> str:
    """What is wrong with a folder that no file was read from, and what to do."""
    if folder is None:
        wrong = "there is no such folder"
    else:
        wrong = "the folder holds no benchmark file" if folder.is_dir() else "it is not a folder"
    return f"{wrong}. Name a folder of benchmark files (.jsonl, .json, .csv, .parquet, .gz)"

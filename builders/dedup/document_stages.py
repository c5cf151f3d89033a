"""datatrove's four MinHash stages over documents in row order: here, or on its local executor.

    1 signatures   our step, same files (`document_signatures`)
    2 buckets      datatrove's
    3 clusters     datatrove's, then the earliest row is kept (`earliest_rows`)
    4 filter       datatrove's

One worker is this process: `LocalPipelineExecutor` starts a manager process a stage and replaces
the log handlers of the process; its tasks took 0.6 s where the work on 1,000 documents takes 0.6.
With more workers stages 1 and 2 run on it, a process each (1 s a stage to start them); 3 and 4
take a tenth of a second on 20,000 documents. Only `documents` imports this module, when needed.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise, repeat
from pathlib import Path
from types import TracebackType
from typing import Self

from datatrove.data import Document
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.io import DataFolder
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupFilter,
)
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]  # fsspec has no stubs
from loguru import logger

from builders.dedup.document_signatures import COMPILE_AFTER, DocumentSignature, can_compile
from builders.dedup.earliest_rows import EarliestCluster
from builders.dedup.quiet_datatrove import quiet_datatrove


class _ShardReader(PipelineStep):  # type: ignore[misc]  # datatrove is untyped for us
    """The texts of a task, from the file of the task's number."""

    type, name = "📖 - READER", "Texts of a task"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def run(self, _data: None, rank: int, _world_size: int) -> Iterator[Document]:
        yield from _number(json.loads((self.folder / f"{rank}.json").read_bytes()))


class _Silence:
    """First of a worker's pipeline: its log is nobody's, failures come back as exceptions."""

    def __call__(self, _data: None, _rank: int, _world_size: int) -> None:
        """Nothing to do."""

    def __setstate__(self, _state: object) -> None:
        """It comes to a worker, whose log is not begun yet."""
        logger.disable("datatrove")

    def __getstate__(self) -> object:
        return "silence"  # without a state nothing would be set


class _RemovedRows:
    """Takes what stage 4 excludes, in the place of a file writer."""

    def __init__(self) -> None:
        self.originals: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to close."""

    def write(self, document: Document, _rank: int) -> None:
        """A removed row; its cluster id is the place of its original, by `EarliestCluster`."""
        self.originals[int(document.id)] = document.metadata["minhash_cluster_id"]


def _number(texts: Iterable[str], start: int = 0) -> Iterator[Document]:
    return (Document(text=text, id=str(place)) for place, text in enumerate(texts, start))


class _WorkFolder(DataFolder):  # type: ignore[misc]  # as above
    """A local folder of any name: fsspec would read "::" as a protocol and "[a] *" as a pattern."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), fs=LocalFileSystem())

    def glob(self, path: str, **_: object) -> dict[str, object]:
        """Only the name's own pattern counts; with details, as `list_files` asks for."""
        found = self.find("", detail=True).items()
        return {name: details for name, details in found if fnmatchcase(name, path)}


def find_originals_by_minhash(
    texts: Sequence[str], config: MinhashConfig, *, workers: int, folder: Path
) -> dict[int, int]:
    """Place of each near-duplicate → place of the earliest row of its group.

    `folder` must be empty; what is written there is the caller's to remove. Deterministic, and
    the same for any number of workers.
    """
    ends = [len(texts) * task // workers for task in range(workers + 1)]
    signatures, pairs, doomed = (
        _WorkFolder(folder / name) for name in ("signatures", "pairs", "doomed")
    )
    compiled = can_compile() and sum(map(len, texts)) > COMPILE_AFTER * workers
    sign = DocumentSignature(signatures, config, compiled=compiled)
    match = MinhashDedupBuckets(signatures, pairs, config=config, lines_to_buffer=-1)
    with quiet_datatrove():
        if workers == 1:
            sign.run(_number(texts))
            for bucket in range(config.num_buckets):
                match.run(rank=bucket, world_size=config.num_buckets)
        else:
            _run_in_workers(texts, ends, sign, match, folder)
        with contextlib.redirect_stderr(io.StringIO()):  # it shows a bar; it is over in no time
            EarliestCluster(pairs, doomed, config, ends[:-1]).run()
        return _filter(doomed, ends)


def _run_in_workers(
    texts: Sequence[str],
    ends: Sequence[int],
    sign: DocumentSignature,
    match: MinhashDedupBuckets,
    folder: Path,
) -> None:
    """Stages 1 and 2: a task, and a worker, for each stretch of rows; then a task a bucket."""
    workers = len(ends) - 1
    shards = folder / "texts"
    shards.mkdir()
    for task, (start, end) in enumerate(pairwise(ends)):
        (shards / f"{task}.json").write_text(json.dumps(texts[start:end]), encoding="ascii")
    reader = _ShardReader(shards)
    for name, steps, tasks in [
        ("sign", [_Silence(), reader, sign], workers),
        ("match", [_Silence(), match], sign.config.num_buckets),
    ]:
        logs = _WorkFolder(folder / f"logs_{name}")
        LocalPipelineExecutor(steps, tasks=tasks, workers=workers, logging_dir=logs).run()


def _filter(doomed: DataFolder, ends: Sequence[int]) -> dict[int, int]:
    """Stage 4; it judges by places alone, so that no text is carried through it."""
    removed = _RemovedRows()
    keep = MinhashDedupFilter(doomed, removed, load_cluster_ids=True, lines_to_buffer=-1)
    for task, (start, end) in enumerate(pairwise(ends)):
        deque(keep.run(_number(repeat("", end - start), start), task), maxlen=0)
    return removed.originals

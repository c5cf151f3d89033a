"""datatrove's own MinHash, as its example runs it: four stages, each an executor on files.

    python -m benchmarks.dedup_rivals FOLDER en --tokenizer stock --tasks 10 --workers 5

Reads `FOLDER/data/*.jsonl` (`text`, `id`; one file a task), writes `FOLDER/kept` and
`FOLDER/removed`. The settings are those of examples/minhash_deduplication.py on the local executor,
with two of its costs left out: the example counts tokens with a tokenizer from the Hub in stage 4,
and compresses what it writes. `stock` is the tokenizer that datatrove assigns to the language
(spaCy; for Chinese with jieba), which needs datatrove's `processing` extra: this module imports
nothing of this repository, so that an environment of its own can run it. `spaces` splits on white
space, Chinese by character, through a `WordTokenizer` given as the language.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from datatrove.executor.base import PipelineExecutor
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.typeshelper import Languages
from datatrove.utils.word_tokenizers import WordTokenizer

LANGUAGES = {"en": Languages.english, "zh": Languages.mandarin_chinese}
CONFIG = MinhashConfig(num_buckets=14, hashes_per_bucket=8)


class SpacesTokenizer(WordTokenizer):  # type: ignore[misc]  # datatrove is untyped for us
    """No package, no dictionary."""

    def word_tokenize(self, text: str) -> list[str]:
        """Words, and each character from U+3000 on."""
        return re.findall(r"[\u3000-\uffff]|[^\s\u3000-\uffff]+", text)

    def sent_tokenize(self, text: str) -> list[str]:
        """Not needed by MinHash."""
        raise NotImplementedError

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """Not needed by MinHash."""
        raise NotImplementedError


def build_stages(
    folder: Path, language: str | WordTokenizer, tasks: int, workers: int
) -> list[PipelineExecutor]:
    """The four executors, in order."""
    data, removed = str(folder / "data"), JsonlWriter(str(folder / "removed"), compression=None)
    signatures, pairs, doomed = (str(folder / name) for name in ("signatures", "pairs", "doomed"))
    reader = JsonlReader(data)
    stages: list[tuple[int, list[PipelineStep]]] = [
        (tasks, [reader, MinhashDedupSignature(signatures, CONFIG, language)]),
        (CONFIG.num_buckets, [MinhashDedupBuckets(signatures, pairs, config=CONFIG)]),
        (1, [MinhashDedupCluster(pairs, doomed, CONFIG)]),
        (
            tasks,
            [
                reader,
                MinhashDedupFilter(doomed, exclusion_writer=removed),
                JsonlWriter(str(folder / "kept"), compression=None),
            ],
        ),
    ]
    return [
        LocalPipelineExecutor(
            steps, tasks=count, workers=workers, logging_dir=str(folder / f"logs{number}")
        )
        for number, (count, steps) in enumerate(stages)
    ]


def main() -> None:
    """Run the stages one after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("language", choices=sorted(LANGUAGES))
    parser.add_argument("--tokenizer", choices=["stock", "spaces"], default="stock")
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--workers", type=int, default=5)
    options = parser.parse_args()
    stock = LANGUAGES[options.language]
    language = stock if options.tokenizer == "stock" else SpacesTokenizer()
    for stage in build_stages(options.folder, language, options.tasks, options.workers):
        stage.run()


if __name__ == "__main__":
    main()

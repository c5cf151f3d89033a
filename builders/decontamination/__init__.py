"""Whether a text holds an item of a benchmark that models are measured with.

    >>> benchmarks = open_benchmarks(DecontaminationConfig())
    >>> benchmarks.find_contamination(["… Janet’s ducks lay 16 eggs per day. She eats three …"])
    [Contamination(benchmark="gsm8k_test", item=0, …)]

Shared n-grams find candidates, and the share of the item that is there decides, as Cosmopedia does
(huggingface/cosmopedia, decontamination):

- `benchmark_files`, `items`: files → questions and their options, wrappers told from questions;
- `hashed_tokens`, `span_index`: texts as hashes of their tokens, looked up in bulk;
- `long_items`: by n-grams, then by the share of the item's characters that match;
- `short_items`: as a whole question, or together with an option nearby;
- `benchmarks`: all of it; `config` and `facts`: a recipe's section and a manifest's.
"""

from builders.decontamination.benchmarks import Benchmarks, open_benchmarks
from builders.decontamination.config import BenchmarkPin, DecontaminationConfig
from builders.decontamination.facts import (
    BenchmarkFacts,
    Contamination,
    DecontaminationFacts,
    UnusableFile,
)

__all__ = [
    "BenchmarkFacts",
    "BenchmarkPin",
    "Benchmarks",
    "Contamination",
    "DecontaminationConfig",
    "DecontaminationFacts",
    "UnusableFile",
    "open_benchmarks",
]

"""Build a reasoning dataset: seeds → decontaminate → generate → check → deduplicate → package.

    python -m builders.build_reasoning --help        (or `make build-reasoning`)

Each question goes to a thinking teacher; its thought and answer are verified, gated and, as in
DeepSeek-R1's distillation data (arXiv:2501.12948), published with their rewards.
"""

from __future__ import annotations

import sys

from builders.checks import AnswerVerifier
from builders.command_line import REASONING, BuildOptions, read_options, run_command
from builders.contaminated_seeds import drop_contaminated_questions
from builders.decontamination import open_benchmarks
from builders.generate import check_generated, generate_reasoning
from builders.output_folder import lock_output
from builders.package import package_dataset
from builders.recipe import Recipe
from builders.report import collect_facts, report_build
from builders.seed_loader import load_questions
from builders.settle import settle
from distilabel_pipelines.reasoning import expand_samples


def build_reasoning(options: BuildOptions[Recipe]) -> None:
    """The whole recipe, top to bottom."""
    recipe, sampling = options.recipe, options.recipe.sampling
    with lock_output(options.out, "reasoning") as folder, AnswerVerifier() as verifier:
        benchmarks = open_benchmarks(recipe.decontamination)
        seeds = load_questions(recipe.seeds)
        clean = drop_contaminated_questions(seeds.questions, benchmarks)
        requests = expand_samples(clean.questions, samples=sampling.samples, seed=sampling.seed)
        generated = generate_reasoning(requests, recipe, folder, verifier)
        checked = check_generated(generated, recipe.gates, verifier)
        # select, deduplicate, keep the first n
        outcome = settle(
            checked,
            recipe,
            folder.work,
            clean.contaminated,
            stopped_requests=requests if generated.stopped is not None else None,
        )
        told = benchmarks.describe(seeds=(one.contamination for one in clean.contaminated))
        facts = collect_facts(recipe, seeds.facts, generated, folder.responses, told)
        manifest = package_dataset(outcome, facts, folder.staging, folder.root)
    report_build(manifest, options.out)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: build_reasoning(read_options(sys.argv[1:], REASONING)))


if __name__ == "__main__":
    sys.exit(main())

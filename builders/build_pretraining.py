"""Build a pretraining dataset: sources → prompts → generate → check → deduplicate → decontaminate.

    python -m builders.build_pretraining --help        (or `make build-pretraining`)

Web extracts, textbook sections, outlines and titles become prompts in several formats and for
several audiences; a teacher writes a text for each, as in Cosmopedia (Ben Allal et al. 2024).
"""

from __future__ import annotations

import sys

from builders.command_line import PRETRAINING, BuildOptions, read_options, run_command
from builders.decontamination import open_benchmarks
from builders.output_folder import lock_output
from builders.package import package_pretraining_dataset
from builders.pretraining.clean_sources import describe_contamination, drop_contaminated_sources
from builders.pretraining.generate import check_written, generate_passages
from builders.pretraining.prompts import build_prompts, write_prompts
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.report import collect_pretraining_facts, report_pretraining_build
from builders.pretraining.settle import settle_build
from builders.pretraining.sources import load_sources
from distilabel_pipelines.pretraining import expand_prompts


def build_pretraining(options: BuildOptions[PretrainingRecipe]) -> None:
    """The whole recipe, top to bottom."""
    recipe, sampling = options.recipe, options.recipe.sampling
    with lock_output(options.out, "pretraining") as folder:
        benchmarks = open_benchmarks(recipe.decontamination)
        sources = load_sources(recipe.seeds, recipe.selection)
        clean = drop_contaminated_sources(sources, benchmarks)
        made = build_prompts(
            clean.kept,
            recipe.mixture,
            recipe.selection,
            seed=sampling.seed,
            most=recipe.most_prompts,
        )
        if not folder.read_finished():  # its prompts stay beside a dataset until it is replaced
            write_prompts(made.prompts, folder.root)
        requests = expand_prompts(made.prompts, samples=sampling.samples, seed=sampling.seed)
        written = generate_passages(requests, recipe, folder, benchmarks)
        checked = check_written(written, recipe.checks)
        # deduplicate, decontaminate, keep the first n
        outcome = settle_build(
            checked,
            clean.dropped,
            recipe,
            folder.work,
            benchmarks,
            stopped_requests=requests if written.stopped is not None else None,
        )
        facts = collect_pretraining_facts(
            recipe,
            clean.facts,
            made.facts,
            describe_contamination(outcome, benchmarks),
            written.model,
            written.stopped,
            folder.responses,
        )
        manifest = package_pretraining_dataset(outcome, facts, folder.staging, folder.root)
        write_prompts(made.prompts, folder.root)
    report_pretraining_build(manifest, options.out)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: build_pretraining(read_options(sys.argv[1:], PRETRAINING)))


if __name__ == "__main__":
    sys.exit(main())

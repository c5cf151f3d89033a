"""Build an instruction dataset: seeds → decontaminate → generate → check → package.

    python -m builders.build_instruction --help        (or `make build-instruction`)

Seed tasks are shown to a teacher, which writes new ones (Self-Instruct, arXiv:2212.10560; Alpaca).
They are filtered and screened for novelty while they come in, in the order of their requests, since
what is asked next depends on it.
"""

from __future__ import annotations

import sys

from builders.command_line import INSTRUCTION, BuildOptions, read_options, run_command
from builders.contaminated_seeds import drop_contaminated_tasks
from builders.decontamination import open_benchmarks
from builders.generate_tasks import generate_tasks, settle_generated
from builders.instruction_contamination import describe_contamination
from builders.instruction_recipe import InstructionRecipe
from builders.instruction_report import collect_instruction_facts, report_instruction_build
from builders.output_folder import lock_output
from builders.package import package_instruction_dataset
from builders.task_seeds import load_task_seeds


def build_instruction(options: BuildOptions[InstructionRecipe]) -> None:
    """The whole recipe, top to bottom."""
    recipe = options.recipe
    with lock_output(options.out, "instruction") as folder:
        benchmarks = open_benchmarks(recipe.decontamination)
        seeds = load_task_seeds(recipe.seeds)
        clean = drop_contaminated_tasks(seeds.tasks, benchmarks)
        # with filters, decontamination and novelty screen; then deduplicate, first n rows
        generated = generate_tasks(clean.tasks, recipe, folder, benchmarks)
        outcome = settle_generated(generated, recipe, folder.work, clean.contaminated)
        facts = collect_instruction_facts(
            recipe,
            seeds.facts,
            generated.model,
            generated.judge,
            generated.stopped,
            folder.responses,
            describe_contamination(outcome, benchmarks),
        )
        manifest = package_instruction_dataset(outcome, facts, folder.staging, folder.root)
    report_instruction_build(manifest, options.out)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: build_instruction(read_options(sys.argv[1:], INSTRUCTION)))


if __name__ == "__main__":
    sys.exit(main())

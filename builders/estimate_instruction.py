"""Estimate an instruction build before it is paid for: seeds → sample → check → extrapolate.

    python -m builders.estimate_instruction --help        (or `make estimate-instruction`)

The sample is what the build asks first: list requests and, of Self-Instruct, the instances of the
first kept tasks. Its replies stay in the journal of OUT, so the build pays for none of them again.
A judge looks at the rows as in the build. Nothing is packaged; a dataset that is there stays as it
is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from builders.command_line import INSTRUCTION, run_command
from builders.contaminated_seeds import drop_contaminated_tasks
from builders.decontamination import open_benchmarks
from builders.estimate_options import EstimateOptions, read_sample_options
from builders.estimate_rounds import RoundsPlan, estimate_rounds
from builders.estimate_rounds_measure import measure_rounds, time_sample
from builders.estimate_rounds_report import describe_rounds
from builders.generate_tasks import generate_tasks
from builders.instruction_dedup import settle_instructions
from builders.instruction_outcome import InstructionRow
from builders.instruction_recipe import InstructionRecipe
from builders.output_folder import lock_output
from builders.spend import read_spend
from builders.task_seeds import load_task_seeds
from builders.teachers import plan_gateway
from distilabel_pipelines.gateway.settings import GatewaySettings, TeacherSettings
from distilabel_pipelines.prices import Price


def estimate_instruction(options: EstimateOptions[InstructionRecipe]) -> None:
    """The whole estimate, top to bottom."""
    recipe = options.build.recipe
    with lock_output(options.build.out, "instruction") as folder:
        benchmarks = open_benchmarks(recipe.decontamination)
        loaded = load_task_seeds(recipe.seeds)
        seeds = drop_contaminated_tasks(loaded.tasks, benchmarks).tasks
        settings = plan_gateway(recipe, folder.responses)
        started = time.monotonic()
        generated = generate_tasks(
            seeds, ask_live(recipe), folder, benchmarks, sample_requests=options.sample_requests
        )
        elapsed_s = time.monotonic() - started
        rows = settle_all(generated.rows, recipe, folder.work)
        shown = {seed.instruction for seed in seeds}
        sample = measure_rounds(generated, rows, shown, folder.responses)
        sample = time_sample(sample, elapsed_s, recipe.teacher.concurrency)
        spend = read_spend(folder.responses)
    plan = plan_rounds(recipe, settings)
    estimate = estimate_rounds(sample, plan)
    sys.stdout.write(describe_rounds(estimate, sample, plan, budget=settings.budget, spend=spend))


def ask_live(recipe: InstructionRecipe) -> InstructionRecipe:
    """The recipe of the sample, without batches: they take hours."""
    teacher = recipe.teacher.model_copy(update={"batch": False})
    return recipe.model_copy(update={"teacher": teacher})


def settle_all(
    rows: Sequence[InstructionRow], recipe: InstructionRecipe, work_dir: Path
) -> list[InstructionRow]:
    """The rows in their order, with duplicates rejected and none of them too many."""
    published, rejected = settle_instructions(rows, recipe.dedup, len(rows), work_dir)
    return sorted([*published, *rejected], key=lambda row: (row.request, row.item, row.instance))


def plan_rounds(recipe: InstructionRecipe, settings: GatewaySettings) -> RoundsPlan:
    """The build that these settings would make."""
    config, teacher, judge = recipe.generation, settings.teacher, settings.judge
    writes_tasks = recipe.method == "self-instruct"
    judge_prices = () if judge is None else _find_prices(judge, "USD")
    currency = judge_prices[0].currency if judge_prices else "USD"
    return RoundsPlan(
        rows=recipe.rows,
        tasks_a_list=config.tasks_listed - config.examples,
        rows_a_task=config.instances_per_task if writes_tasks else 1,
        writes_tasks=writes_tasks,
        fruitless_requests=config.fruitless_requests,
        round_requests=config.round_requests if config.machine_examples else None,
        concurrency=teacher.concurrency * max(1, len(teacher.base_urls)),
        scales=teacher.embedded is None,
        prices=_find_prices(teacher, currency),
        batch=teacher.batch is not None,
        judge_prices=judge_prices,
        runs_here=teacher.embedded is not None and not teacher.prices,
    )


def _find_prices(teacher: TeacherSettings, currency: str) -> tuple[Price, ...]:
    """Its own; the embedded teacher's replies cost nothing."""
    if teacher.embedded is None or teacher.prices:
        return teacher.prices
    return (Price(currency=currency, input=Decimal(0), output=Decimal(0)),)


def read_estimate_options(arguments: Sequence[str]) -> EstimateOptions[InstructionRecipe]:
    """The variables of `make estimate-instruction`; raises RecipeError."""
    return read_sample_options(arguments, INSTRUCTION)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: estimate_instruction(read_estimate_options(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(main())

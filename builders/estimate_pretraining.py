"""Estimate a pretraining build before it is paid for: prompts → sample → check → extrapolate.

    python -m builders.estimate_pretraining --help        (or `make estimate-pretraining`)

The sample's replies stay in the journal of OUT, so the build pays for none of them again. Nothing
is packaged; a dataset that is there stays as it is.
"""

from __future__ import annotations

import sys
import time

from builders.admission import Sampled
from builders.command_line import PRETRAINING, run_command
from builders.decontamination import open_benchmarks
from builders.estimate import estimate_build
from builders.estimate_measure import measure_requests
from builders.estimate_options import EstimateOptions, read_sample_options
from builders.estimate_report import describe_estimate
from builders.estimate_sample import choose_sample, make_sample, plan_build, want_all
from builders.output_folder import lock_output
from builders.pretraining.clean_sources import drop_contaminated_sources
from builders.pretraining.generate import check_written, generate_passages
from builders.pretraining.prompts import build_prompts
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.settle import settle_passages
from builders.pretraining.sources import load_sources
from builders.spend import read_spend
from builders.teachers import plan_gateway
from distilabel_pipelines.pretraining import expand_prompts


def estimate_pretraining(options: EstimateOptions[PretrainingRecipe]) -> None:
    """The whole estimate, top to bottom."""
    recipe = options.build.recipe
    samples, seed = recipe.sampling.samples, recipe.sampling.seed
    with lock_output(options.build.out, "pretraining") as folder:
        benchmarks = open_benchmarks(recipe.decontamination)
        sources = load_sources(recipe.seeds, recipe.selection)
        clean = drop_contaminated_sources(sources, benchmarks)
        made = build_prompts(
            clean.kept, recipe.mixture, recipe.selection, seed=seed, most=recipe.most_prompts
        )
        requests = expand_prompts(made.prompts, samples=samples, seed=seed)
        settings = plan_gateway(recipe, folder.responses)
        sampled = Sampled(samples, keeps_all=True)
        chosen = choose_sample(requests, recipe.rows, sampled, options.sample_requests)
        wanted = want_all(recipe, chosen)
        started = time.monotonic()
        written = generate_passages(chosen, wanted, folder, benchmarks, is_sample=True)
        elapsed_s = time.monotonic() - started
        checked = check_written(written, recipe.checks)
        settled = settle_passages(checked, wanted, folder.work, benchmarks)
        taken = measure_requests(written.passages, folder.responses)
        passed = len(settled.published)
        sample = make_sample(taken, wanted, units=len(taken), passed=passed, elapsed_s=elapsed_s)
        plan = plan_build(recipe.rows, settings, len(requests), sampled)
        spend = read_spend(folder.responses)
    estimate = estimate_build(sample, plan)
    sys.stdout.write(describe_estimate(estimate, sample, plan, budget=settings.budget, spend=spend))


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: estimate_pretraining(read_sample_options(sys.argv[1:], PRETRAINING)))


if __name__ == "__main__":
    sys.exit(main())

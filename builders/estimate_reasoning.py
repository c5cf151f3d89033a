"""Estimate a reasoning build before it is paid for: seeds → sample → check → extrapolate.

    python -m builders.estimate_reasoning --help        (or `make estimate-reasoning`)

The sample's replies stay in the journal of OUT, so the build pays for none of them again. A judge
looks at those that it would look at in the build. Nothing is packaged; a dataset that is there
stays as it is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from builders.admission import Sampled
from builders.checks import AnswerVerifier
from builders.command_line import REASONING, run_command
from builders.contaminated_seeds import drop_contaminated_questions
from builders.decontamination import open_benchmarks
from builders.estimate import estimate_build
from builders.estimate_measure import measure_judge, measure_requests
from builders.estimate_options import EstimateOptions, read_sample_options
from builders.estimate_report import describe_estimate
from builders.estimate_sample import choose_sample, make_sample, plan_build, want_all
from builders.generate import check_generated, generate_reasoning
from builders.output_folder import lock_output
from builders.recipe import Recipe
from builders.seed_loader import load_questions
from builders.settle import settle
from builders.spend import read_spend
from builders.teachers import plan_gateway
from distilabel_pipelines.reasoning import expand_samples


def estimate_reasoning(options: EstimateOptions[Recipe]) -> None:
    """The whole estimate, top to bottom."""
    recipe, sampling = options.build.recipe, options.build.recipe.sampling
    with lock_output(options.build.out, "reasoning") as folder, AnswerVerifier() as verifier:
        seeds = load_questions(recipe.seeds)
        benchmarks = open_benchmarks(recipe.decontamination)
        clean = drop_contaminated_questions(seeds.questions, benchmarks)
        requests = expand_samples(clean.questions, samples=sampling.samples, seed=sampling.seed)
        settings = plan_gateway(recipe, folder.responses)
        sampled = Sampled(sampling.samples, recipe.selection.keep == "all")
        chosen = choose_sample(requests, recipe.rows, sampled, options.sample_requests)
        started = time.monotonic()
        generated = generate_reasoning(
            chosen, want_all(recipe, chosen), folder, verifier, is_sample=True
        )
        elapsed_s = time.monotonic() - started
        checked = check_generated(generated, recipe.gates, verifier)
        outcome = settle(checked, want_all(recipe, chosen), folder.work)
        taken = measure_requests(generated.traces, folder.responses)
        asked = len({one.seed_id for one in generated.traces})
        sample = make_sample(
            taken,
            recipe,
            units=len(taken) if sampled.keeps_all else asked,
            passed=len(outcome.published),
            elapsed_s=elapsed_s,
        )
        if generated.judge is not None:
            shown = sum(one.judge_verdict is not None for one in checked)
            judged = measure_judge(generated.judge.model, shown, folder.responses)
            sample = sample._replace(judged=judged)
        plan = plan_build(recipe.rows, settings, len(requests), sampled)
        spend = read_spend(folder.responses)
    estimate = estimate_build(sample, plan)
    sys.stdout.write(describe_estimate(estimate, sample, plan, budget=settings.budget, spend=spend))


def read_estimate_options(arguments: Sequence[str]) -> EstimateOptions[Recipe]:
    """The variables of `make estimate-reasoning`; raises RecipeError."""
    return read_sample_options(arguments, REASONING)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: estimate_reasoning(read_estimate_options(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(main())

"""Estimate a reasoning build before it is paid for: seeds → sample → check → extrapolate.

    python -m builders.estimate_reasoning --help        (or `make estimate-reasoning`)

The sample's replies stay in the journal of OUT, so the build pays for none of them again. A judge
looks at those that it would look at in the build. Nothing is packaged; a dataset that is there
stays as it is.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from builders.checks import AnswerVerifier
from builders.command_line import REASONING, run_command
from builders.estimate import Plan, Sample, estimate_build, schedule
from builders.estimate_measure import measure_judge, measure_requests
from builders.estimate_options import EstimateOptions, read_sample_options
from builders.estimate_report import describe_estimate
from builders.generate import Generated, check_generated, generate_reasoning
from builders.judged import Outcome
from builders.output_folder import lock_output
from builders.recipe import Recipe
from builders.seed_loader import load_questions
from builders.settle import settle
from builders.spend import read_spend
from builders.teachers import plan_gateway
from distilabel_pipelines.gateway.settings import GatewaySettings
from distilabel_pipelines.reasoning import Request, expand_samples

_SEED = 0


def estimate_reasoning(options: EstimateOptions[Recipe]) -> None:
    """The whole estimate, top to bottom."""
    recipe, sampling = options.build.recipe, options.build.recipe.sampling
    with lock_output(options.build.out) as folder, AnswerVerifier() as verifier:
        seeds = load_questions(recipe.seeds)
        requests = expand_samples(seeds.questions, samples=sampling.samples, seed=sampling.seed)
        settings = plan_gateway(recipe, folder.responses)
        chosen = choose_sample(requests, recipe, options.sample_requests)
        started = time.monotonic()
        generated = generate_reasoning(
            chosen, want_all(recipe, chosen), folder, verifier, is_sample=True
        )
        elapsed_s = time.monotonic() - started
        checked = check_generated(generated, recipe.gates, verifier)
        outcome = settle(checked, want_all(recipe, chosen), folder.work)
        sample = measure_sample(generated, outcome, recipe, folder.responses, elapsed_s)
        if generated.judge is not None:
            shown = sum(one.judge_verdict is not None for one in checked)
            judged = measure_judge(generated.judge.model, shown, folder.responses)
            sample = sample._replace(judged=judged)
        plan = plan_build(recipe, settings, len(requests))
        spend = read_spend(folder.responses)
    estimate = estimate_build(sample, plan)
    sys.stdout.write(describe_estimate(estimate, sample, plan, budget=settings.budget, spend=spend))


def choose_sample(requests: Sequence[Request], recipe: Recipe, wanted: int) -> list[Request]:
    """Whole questions, `wanted` requests or a few more, spread over those that are asked first.

    A build asks at least for as many questions as it wants rows: nothing chosen here is wasted. One
    is drawn from each of equal stretches (stratified sampling): places at even distances would fall
    in step with seeds in a repeating order, as the bundled ones (every second question Chinese),
    and take one kind only. The draw is fixed: a second estimate sends nothing new.
    """
    samples = recipe.sampling.samples
    kept = samples if recipe.selection.keep == "all" else 1
    first = min(len(requests) // samples, max(1, -(-recipe.rows // kept)))
    count = min(first, max(1, -(-wanted // samples)))
    rng = random.Random(_SEED)  # noqa: S311  # no secret
    edges = [number * first // count for number in range(count + 1)]
    places = [rng.randrange(low, high) for low, high in itertools.pairwise(edges)]
    return [one for place in places for one in requests[place * samples : (place + 1) * samples]]


def want_all(recipe: Recipe, chosen: Sequence[Request]) -> Recipe:
    """The recipe of the sample: more rows than it can give, so that all of it is sent, and live."""
    teacher = recipe.teacher.model_copy(update={"batch": False})
    return recipe.model_copy(update={"rows": len(chosen) + 1, "teacher": teacher})


def measure_sample(
    generated: Generated, outcome: Outcome, recipe: Recipe, responses: Path, elapsed_s: float
) -> Sample:
    """What the sample took and gave; raises TeacherError where nothing was answered."""
    requests = measure_requests(generated.traces, responses)
    keeps_all = recipe.selection.keep == "all"
    units = len(requests) if keeps_all else len({one.seed_id for one in generated.traces})
    in_flight = min(len(requests), recipe.teacher.concurrency or len(requests))
    times = [one.latency_s for one in requests if one.latency_s is not None]
    start_s = max(0.0, elapsed_s - schedule(times, in_flight))
    return Sample(tuple(requests), units, len(outcome.published), in_flight, start_s)


def plan_build(recipe: Recipe, settings: GatewaySettings, requests: int) -> Plan:
    """The build that these settings would make of so many requests."""
    keeps_all = recipe.selection.keep == "all"
    requests_a_unit = 1 if keeps_all else recipe.sampling.samples
    teacher = settings.teacher
    return Plan(
        rows=recipe.rows,
        units=requests // requests_a_unit,
        requests_a_unit=requests_a_unit,
        concurrency=teacher.concurrency * max(1, len(teacher.base_urls)),
        scales=teacher.embedded is None,
        prices=teacher.prices,
        batch=teacher.batch is not None,
        judge_prices=settings.judge.prices if settings.judge is not None else (),
    )


def read_estimate_options(arguments: Sequence[str]) -> EstimateOptions[Recipe]:
    """The variables of `make estimate-reasoning`; raises RecipeError."""
    return read_sample_options(arguments, REASONING)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: estimate_reasoning(read_estimate_options(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(main())

"""Estimate a reasoning build before it is paid for: seeds → sample → check → extrapolate.

    python -m builders.estimate_reasoning --help        (or `make estimate-reasoning`)

The sample's replies stay in the journal of OUT, so the build pays for none of them again. A judge
looks at those that it would look at in the build. Nothing is packaged; a dataset that is there
stays as it is.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from builders.checks import AnswerVerifier
from builders.command_line import REASONING, BuildOptions, read_options, run_command
from builders.errors import RecipeError, TeacherError
from builders.estimate import (
    JudgedSample,
    Plan,
    Sample,
    SampledRequest,
    estimate_build,
    schedule,
)
from builders.estimate_report import describe_estimate
from builders.generate import Generated, check_generated, generate_reasoning
from builders.judged import CheckedTrace, Outcome
from builders.output_folder import lock_output
from builders.recipe import Recipe
from builders.seed_loader import load_questions
from builders.settle import settle
from builders.spend import read_spend
from builders.teachers import plan_gateway
from distilabel_pipelines.accounts import read_usage
from distilabel_pipelines.gateway.settings import GatewaySettings
from distilabel_pipelines.journal import read_journal
from distilabel_pipelines.prices import TokenCount
from distilabel_pipelines.reasoning import Request, expand_samples

_DEFAULT_SAMPLE = 8
_SEED = 0


class EstimateOptions(NamedTuple):
    """The build that is meant, and how many requests to send for it now."""

    build: BuildOptions[Recipe]
    sample_requests: int


def estimate_reasoning(options: EstimateOptions) -> None:
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
        sample = sample._replace(judged=measure_judge(generated, checked, folder.responses))
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
    answered = [trace for trace in generated.traces if trace.error is None]
    if not answered:
        raise TeacherError(
            "no request of the sample was answered with text, so nothing can be estimated: "
            + "; ".join(sorted({trace.error_message for trace in generated.traces})[:3])
        )
    facts = _read_facts(responses, {trace.request_id for trace in answered if trace.request_id})
    requests = []
    for trace in generated.traces:
        tokens = None
        if trace.prompt_tokens is not None and trace.completion_tokens is not None:
            tokens = TokenCount(trace.prompt_tokens, trace.completion_tokens)
        requests.append(facts.get(trace.request_id) or SampledRequest(tokens, None))
    keeps_all = recipe.selection.keep == "all"
    units = len(requests) if keeps_all else len({one.seed_id for one in generated.traces})
    in_flight = min(len(requests), recipe.teacher.concurrency or len(requests))
    times = [one.latency_s for one in requests if one.latency_s is not None]
    start_s = max(0.0, elapsed_s - schedule(times, in_flight))
    return Sample(tuple(requests), units, len(outcome.published), in_flight, start_s)


def _read_facts(responses: Path, wanted: set[str]) -> dict[str, SampledRequest]:
    """Tokens and seconds of the replies with these ids, from the journal."""
    facts = {}
    for _, record in read_journal(responses):
        if record.reply is not None and record.reply.response_id in wanted:
            tokens = read_usage(record.reply.usage)
            facts[record.reply.response_id] = SampledRequest(tokens, record.latency_s)
    return facts


def measure_judge(
    generated: Generated, checked: Sequence[CheckedTrace], responses: Path
) -> JudgedSample | None:
    """What the judge was shown of the sample, and what it took for any reply in this OUT.

    The requests about one reply begin with the same two turns; repairs follow them.
    """
    if generated.judge is None:
        return None
    looks: dict[bytes, list[TokenCount | None]] = {}
    for _, record in read_journal(responses):
        request = record.request
        if record.teacher == "judge" and request.get("model") == generated.judge.model:
            asked = orjson.dumps(request["messages"][:2])
            look = looks.setdefault(asked, [])
            if record.reply is not None:  # a refusal costs nothing
                look.append(read_usage(record.reply.usage))
    counted = [
        tuple(one for one in look if one is not None) for look in looks.values() if None not in look
    ]
    shown = sum(one.judge_verdict is not None for one in checked)
    return JudgedSample(shown, tuple(counted))


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


def read_estimate_options(arguments: Sequence[str]) -> EstimateOptions:
    """The build's options and `--sample-requests` (or BUILD_SAMPLE_REQUESTS); RecipeError."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--sample-requests", default="")
    own, rest = parser.parse_known_args(arguments)
    text = own.sample_requests or os.environ.get("BUILD_SAMPLE_REQUESTS", "")
    if text and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise RecipeError(f"SAMPLE_REQUESTS={text}: it takes a whole number of requests, as in 8")
    build = read_options(rest, REASONING)
    return EstimateOptions(build, int(text) if text else _DEFAULT_SAMPLE)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: estimate_reasoning(read_estimate_options(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(main())

"""Which requests an estimate sends, and how it sees the build that they are a sample of.

For the kinds whose requests are all known before the first is sent.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import TypeVar

from builders.admission import Sampled
from builders.estimate import Plan, Sample, SampledRequest, schedule
from builders.recipe_sections import BuildRecipe
from distilabel_pipelines.gateway.settings import GatewaySettings

_SEED = 0
RequestT = TypeVar("RequestT")
RecipeT = TypeVar("RecipeT", bound=BuildRecipe)


def choose_sample(
    requests: Sequence[RequestT], rows: int, sampled: Sampled, wanted: int
) -> list[RequestT]:
    """Whole units (samples that belong together), `wanted` requests or a few more, spread over
    those that are asked first.

    A build of `rows` rows asks at least for as many units as it wants rows: nothing chosen here is
    wasted. One is drawn from each of equal stretches (stratified sampling): places at even
    distances would fall in step with seeds in a repeating order, as the bundled ones, and take one
    kind only. The draw is fixed: a second estimate sends nothing new.
    """
    samples = sampled.samples
    kept = samples if sampled.keeps_all else 1
    first = min(len(requests) // samples, max(1, -(-rows // kept)))
    count = min(first, max(1, -(-wanted // samples)))
    rng = random.Random(_SEED)  # noqa: S311  # no secret
    edges = [number * first // count for number in range(count + 1)]
    places = [rng.randrange(low, high) for low, high in itertools.pairwise(edges)]
    return [one for place in places for one in requests[place * samples : (place + 1) * samples]]


def want_all(recipe: RecipeT, chosen: Sequence[object]) -> RecipeT:
    """The recipe of the sample: more rows than it can give, so that all of it is sent, and live."""
    teacher = recipe.teacher.model_copy(update={"batch": False})
    return recipe.model_copy(update={"rows": len(chosen) + 1, "teacher": teacher})


def make_sample(
    requests: Sequence[SampledRequest],
    recipe: BuildRecipe,
    *,
    units: int,
    passed: int,
    elapsed_s: float,
) -> Sample:
    """What the sample took and gave; `elapsed_s` is the time of the whole run."""
    in_flight = min(len(requests), recipe.teacher.concurrency or len(requests))
    times = [one.latency_s for one in requests if one.latency_s is not None]
    start_s = max(0.0, elapsed_s - schedule(times, in_flight))
    return Sample(tuple(requests), units, passed, in_flight, start_s)


def plan_build(rows: int, settings: GatewaySettings, requests: int, sampled: Sampled) -> Plan:
    """The build that these settings would make of so many requests."""
    requests_a_unit = 1 if sampled.keeps_all else sampled.samples
    teacher = settings.teacher
    return Plan(
        rows=rows,
        units=requests // requests_a_unit,
        requests_a_unit=requests_a_unit,
        concurrency=teacher.concurrency * max(1, len(teacher.base_urls)),
        scales=teacher.embedded is None,
        prices=teacher.prices,
        batch=teacher.batch is not None,
        judge_prices=settings.judge.prices if settings.judge is not None else (),
    )

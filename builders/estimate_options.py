"""The variables of `make estimate-<kind>`: the build's own, and how many requests to send."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Generic, NamedTuple

from builders.command_line import BuildKind, BuildOptions, RecipeT, read_options
from builders.errors import RecipeError

_DEFAULT_SAMPLE = 8


class EstimateOptions(NamedTuple, Generic[RecipeT]):
    """The build that is meant, and how many requests to send for it now."""

    build: BuildOptions[RecipeT]
    sample_requests: int


def read_sample_options(
    arguments: Sequence[str], kind: BuildKind[RecipeT]
) -> EstimateOptions[RecipeT]:
    """The build's options and `--sample-requests` (or BUILD_SAMPLE_REQUESTS); RecipeError."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--sample-requests", default="")
    own, rest = parser.parse_known_args(arguments)
    text = own.sample_requests or os.environ.get("BUILD_SAMPLE_REQUESTS", "")
    if text and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise RecipeError(f"SAMPLE_REQUESTS={text}: it takes a whole number of requests, as in 8")
    build = read_options(rest, kind)
    return EstimateOptions(build, int(text) if text else _DEFAULT_SAMPLE)

"""Publish a finished build on the Hub: plan → stage → validate → commit → verify → tag.

    make push-<kind> REPO=me/name VERSION=1.2.0|auto [PRIVATE=1] [PR=1] [OUT=dir]
    python -m builders.push_dataset reasoning --repo me/name --version auto

Nothing is built. The same command goes on where it was cut off, and says so where there is nothing
left to do. HF_ENDPOINT, HF_TOKEN and the Hub client's other variables are honoured.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from builders.card_words.catalogue import CARD_LANGUAGES, CardLanguage
from builders.command_line import run_command
from builders.errors import RecipeError
from builders.publishing.hub import Hub
from builders.publishing.publish import PushOptions, publish_dataset
from builders.publishing.release import check_repo

KINDS = ("reasoning", "instruction", "pretraining")
_PREFIX = "BUILD_"
VARIABLES = {
    "REPO": "owner/name of the dataset on the Hub",
    "VERSION": "MAJOR.MINOR.PATCH, or auto: the smallest that the changes allow",
    "PRIVATE": "1: a repository that is made now is private",
    "PR": "1: open a pull request; after its merge the same command verifies and tags",
    "OUT": "folder of the finished build (default output/<kind>)",
    "SEEDS_LICENSE": "licence of seeds that state none: cc-by-4.0, or name=licence,name2=licence",
    "LICENSE": "licence of the dataset, in place of the one that follows from seeds and models",
    "TEACHER_TERMS": "a table of models' terms of your own (TOML)",
    "CARD_LANGUAGE": "of card and figures: en or zh, in place of the build's",
    "NOT_SECRET": "digests of findings that are no secrets, comma-separated",
}


def read_push_options(arguments: Sequence[str]) -> PushOptions:
    """Parse options and environment (`BUILD_<NAME>`); raises RecipeError."""
    parser = argparse.ArgumentParser(
        description="Values may also come from BUILD_<NAME> in the environment.",
        allow_abbrev=False,
    )
    parser.add_argument("kind", choices=KINDS)
    for name, told in VARIABLES.items():
        option = "--" + name.lower().replace("_", "-")
        parser.add_argument(option, dest=name, default="", metavar="VALUE", help=told)
    parsed = vars(parser.parse_args(arguments))
    values = {name: parsed[name] or os.environ.get(_PREFIX + name, "") for name in VARIABLES}
    kind = str(parsed["kind"])
    for name in ("REPO", "VERSION"):
        if not values[name]:
            raise RecipeError(
                f"{name} is missing: make push-{kind} REPO=me/name VERSION=1.0.0 (or VERSION=auto)"
            )
    terms = values["TEACHER_TERMS"]
    return PushOptions(
        kind=kind,
        repo=_read_repo(values["REPO"]),
        version=values["VERSION"],
        out=Path(values["OUT"] or f"output/{kind}"),
        private=_read_switch("PRIVATE", values["PRIVATE"]),
        pull_request=_read_switch("PR", values["PR"]),
        seeds_license=values["SEEDS_LICENSE"],
        license=values["LICENSE"],
        teacher_terms=Path(terms) if terms else None,
        card_language=_read_language(values["CARD_LANGUAGE"]),
        not_secret=frozenset(filter(None, map(str.strip, values["NOT_SECRET"].split(",")))),
    )


def _read_repo(text: str) -> str:
    try:
        return check_repo(text)
    except ValueError as error:
        raise RecipeError(f"REPO: {error}") from error


def _read_language(text: str) -> CardLanguage | None:
    """None where nothing is stated: then the card keeps the language of the build."""
    if not text:
        return None
    for language in CARD_LANGUAGES:
        if text == language:
            return language
    raise RecipeError(f"CARD_LANGUAGE={text[:40]!r}: it takes {' or '.join(CARD_LANGUAGES)}")


def _read_switch(name: str, text: str) -> bool:
    if text not in ("", "0", "1"):
        raise RecipeError(f"{name}={text}: it takes 0 or 1")
    return text == "1"


def push_dataset(options: PushOptions) -> None:
    """Publish what OUT holds."""
    publish_dataset(options, Hub(options.repo))


def main() -> int:
    """The command; returns its exit code."""
    return run_command(
        lambda: push_dataset(read_push_options(sys.argv[1:])),
        kept="The Hub holds the release before or the new one, whole",
    )


if __name__ == "__main__":
    sys.exit(main())

"""Run the build script of a kind with a whole recipe, in this very process.

As `python -m builders.build_<kind>` does: so that Ctrl-C, `kill` and the exit code are the build's
own, and nobody is left behind who goes on asking when this process dies.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

_PREFIX = "BUILD_"


def run_build(kind: str, settings: Mapping[str, Any], out: Path) -> None:
    """Build into OUT. Raises SystemExit with the build's code where that is not 0; it has told why.

    No BUILD_ variable reaches the build but OUT's.
    """
    module = f"builders.build_{kind}"
    with tempfile.TemporaryDirectory(prefix="rebuild-") as folder:
        recipe = Path(folder) / "recipe.json"
        recipe.write_bytes(orjson.dumps(settings, option=orjson.OPT_INDENT_2))
        arguments = [module, "--resolved", str(recipe)]
        with _command_line(arguments, {f"{_PREFIX}OUT": str(out)}):
            try:
                runpy.run_module(module, run_name="__main__", alter_sys=True)
            except SystemExit as ended:
                if ended.code not in (None, 0):
                    raise


@contextmanager
def _command_line(arguments: Sequence[str], variables: Mapping[str, str]) -> Iterator[None]:
    """Arguments and BUILD_ variables as the script would be started with them."""
    before, given = sys.argv, dict(os.environ)
    for name in given:
        if name.startswith(_PREFIX):
            del os.environ[name]
    os.environ.update(variables)
    sys.argv = list(arguments)
    try:
        yield
    finally:
        sys.argv = before
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update({name: given[name] for name in given if name.startswith(_PREFIX)})

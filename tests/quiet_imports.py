"""Importing modules that import distilabel, which warns and sets a hook while it is imported."""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import Any


def import_quietly(name: str) -> Any:  # noqa: ANN401  # a module whose types nobody knows
    """The module; warnings of the import are left out and the hook is put back."""
    hook = sys.excepthook
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module(name)
    sys.excepthook = hook
    return module

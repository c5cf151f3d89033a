"""Compiling a function with numba so that what is compiled is kept.

It is kept in `__pycache__` or, where that cannot be written, in the user's cache folder
(NUMBA_CACHE_DIR names another one); where nothing can be written it is compiled again. Importing
this module imports numba, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compile_function(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same function as machine code; it lets other threads run."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        compiled: Callable[_P, _R] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in
        compiled = numba.njit(**options)(function)
    return compiled

"""The error of everything that keeps a dataset from being published under some licence."""

from __future__ import annotations

from builders.errors import BuildError


class LicenseError(BuildError):
    """No licence can be given, or the one asked for cannot be: says why and what to state."""

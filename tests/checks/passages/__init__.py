"""Tests of the checks of passages."""

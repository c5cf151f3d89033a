"""Tests of builders.licensing."""

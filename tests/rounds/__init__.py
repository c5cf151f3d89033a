"""Tests of `builders.rounds`."""

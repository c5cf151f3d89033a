"""Tests of builders.decontamination."""

"""Tests of `builders/rebuilding`."""

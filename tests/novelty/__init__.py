"""Tests of the novelty screen, held against rouge-score itself."""

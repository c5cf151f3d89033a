"""Tests of the pretraining kind."""

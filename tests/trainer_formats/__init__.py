"""Tests of the entries for other trainers."""

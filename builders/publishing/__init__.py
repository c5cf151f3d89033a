"""Releases of a dataset: which version it must have, what changed, and how it reaches the Hub."""

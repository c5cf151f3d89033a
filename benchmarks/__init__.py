"""Benchmarks against a loopback teacher, and the peers that run beside this project."""

"""Families of generated questions with written-out reasoning; see `registry.FAMILIES`."""

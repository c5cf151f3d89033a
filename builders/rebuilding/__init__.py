"""Building a dataset again from its manifest: everything of `make rebuild`."""

"""The embedded model: a small reasoning model of our own, its data, recipe and weights."""

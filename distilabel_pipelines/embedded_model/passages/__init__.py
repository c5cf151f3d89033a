"""Short passages for the prompts of the pretraining kind: topic sheets, phrases and a grammar."""

"""The upper floor of a pretraining build: from sources to prompts, from texts to a dataset."""

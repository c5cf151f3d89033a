"""Entries by which other trainers read a dataset: LLaMA-Factory, axolotl, ms-swift."""

"""Instruction tasks of the embedded model: grammars, word lists, prompts that ask for them."""

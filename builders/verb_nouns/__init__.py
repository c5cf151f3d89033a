"""The root verb of an instruction and its object, as in the figure of Self-Instruct.

    >>> find_root("Write a short email to the shop.", "en")
    Root(verb='write', noun='email', question=None)

The paper parses with the Berkeley Neural Parser (arXiv:2212.10560, section 3.2); no parser with
its model installs from PyPI without a download. So `english` reads imperatives with a lexicon of
verbs, and `chinese` with the words and parts of speech of rjieba, whose dictionary is in its
wheel. Each module says how often it is right on real instructions.
"""

from builders.verb_nouns.roots import Root, find_root

__all__ = ["Root", "find_root"]

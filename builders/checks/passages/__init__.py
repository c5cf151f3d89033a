"""The checks of the pretraining kind: is a passage a text that a model may learn from?

rules      thresholds of the quality filters, by group of formats and language
config     `PassageCheckConfig`, the recipe's section; which format is in which group
phrases    refusals, openings and closings that speak to the user
echo       texts that repeat their prompt
forms      Markdown taken apart: tables, headings, list items, sentences
wrapping   fences, JSON and HTML around a text; code told from text
spacing    lost and added spaces
prose      the copies that are judged: the prose alone, lines with their formulas
language   is it in the prompt's language? by its letters and its `function_words`
judges     datatrove's filters, asked about a copy; imported only when needed
gates      the order of reasons; `check_passage`
"""

from builders.checks.passages.config import PassageCheckConfig
from builders.checks.passages.gates import PassageFinding, check_passage, check_passages

__all__ = ["PassageCheckConfig", "PassageFinding", "check_passage", "check_passages"]

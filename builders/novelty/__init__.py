"""Whether an instruction is new: its exact ROUGE-L against every one that is there already.

    >>> screen = NoveltyScreen(["Name three primary colors.", "写一首关于春天的诗。"])
    >>> [verdict.is_novel for verdict in screen.judge(["Name primary colors.", "写一首春天的诗。"])]
    [False, False]

Self-Instruct (Wang et al. 2023) and Alpaca keep an instruction when its highest ROUGE-L F against
all seeds and all kept instructions is at most 0.7. The scores here are rouge-score's own doubles,
bit for bit; only the way to them is another one:

- `tokens`: rouge-score's tokens, and one for each CJK character;
- `pool`: the texts as flat arrays of token numbers;
- `scores`: from LCS lengths to F, mean and the closest texts;
- `packed`: the LCS lengths of one candidate with Python's whole numbers, at once for many texts;
- `lanes` and `kernels`: of hundreds of candidates at once, compiled by numba, for large builds;
- `screen`: the pool, the rule, and which of the two engines counts.
"""

from builders.novelty.screen import NoveltyScreen
from builders.novelty.tokens import tokenize
from builders.novelty.verdict import NoveltyVerdict

__all__ = ["NoveltyScreen", "NoveltyVerdict", "tokenize"]

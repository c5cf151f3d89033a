"""Whether two texts that share a MinHash signature are one question: judged by the edit script.

A near-copy differs in few words, none of them in what is asked, and its new words are new. A
different question about the same story re-uses the story's words: "how many does Tom have" and
"how many does Ann have" stand in one story about both, so a known word replaced by another known
word makes another question. Exams put several questions to one long case ("the most likely
diagnosis is", "the treatment is"): hence what is asked must be the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from builders.dedup.critical_words import ASKING_AFTER, ASKING_BEFORE, OPPOSABLE, STOP
from builders.dedup.question_tokens import (
    CJK_WORDS_PER_CHARACTER,
    QuestionTokens,
    is_cjk_character,
)

# Two numbers in common pin a short problem down, so one word may differ from 7 words on.
PINNED_NUMBERS = 2
PINNED_WORDS = 7.0
# "how many red apples are", 几个红苹果; and where no question word or no number says what is asked,
# the end of the text too: "one may infer that the king", 最可能的诊断是.
ASKED_TOKENS = 5
END_WORDS = 6
END_CHARACTERS = 10


def count_allowed_edits(question: QuestionTokens, share: float, share_unpinned: float) -> float:
    """Words that may differ; `share_unpinned` is for texts with fewer than two numbers."""
    if question.numbers < PINNED_NUMBERS:
        return share_unpinned * question.words
    allowed = share * question.words
    return max(allowed, 1.0) if question.words >= PINNED_WORDS else allowed


def _count_words(tokens: Sequence[str]) -> float:
    """Length in words; a change of one CJK character is already a change of one word."""
    if not tokens:
        return 0.0
    length = sum(CJK_WORDS_PER_CHARACTER if is_cjk_character(token) else 1.0 for token in tokens)
    return max(length, 1.0)


def is_near_copy(earlier: QuestionTokens, later: QuestionTokens, allowed_words: float) -> bool:
    """Whether at most `allowed_words` words differ and none of them makes another question.

    The caller has compared the critical parts. Symmetric up to difflib's choice of an alignment.
    """
    first, second = earlier.tokens, later.tokens
    if _lacks_asked(earlier, later) or _lacks_asked(later, earlier):
        return False  # implied by the rest, and much faster
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    changes = [
        (range(i1, i2), range(j1, j2))
        for kind, i1, i2, j1, j2 in matcher.get_opcodes()
        if kind != "equal"
    ]
    edits = sum(
        max(_count_words([first[i] for i in old]), _count_words([second[j] for j in new]))
        for old, new in changes
    )
    if edits > allowed_words:
        return False
    removed = _index_content(first, [old for old, _ in changes])
    added = _index_content(second, [new for _, new in changes])
    return not (
        _moves_far(removed, added)
        or _touches_asked(earlier, removed, added)
        or _touches_asked(later, added, removed)
        or _opposes(removed, added)
        or _points_elsewhere(first, second, changes)
        or (earlier.numbers < PINNED_NUMBERS and _replaces_subject(earlier, later, changes))
    )


_Positions = dict[str, list[int]]


def _index_content(tokens: Sequence[str], spans: Sequence[range]) -> _Positions:
    """Content words of the spans → where they stand."""
    positions: _Positions = {}
    for span in spans:
        for index in span:
            if tokens[index] not in STOP:
                positions.setdefault(tokens[index], []).append(index)
    return positions


def _moves_far(removed: _Positions, added: _Positions) -> bool:
    """ "Tom is taller than Ann", "Ann is taller than Tom"; neighbours may change places."""
    return any(
        abs(old - new) > 1
        for word in removed.keys() & added.keys()
        for old, new in zip(removed[word], added[word], strict=False)
    )


def _lacks_asked(question: QuestionTokens, other: QuestionTokens) -> bool:
    """Whether a word of what one asks stands nowhere in the other."""
    asked = {question.tokens[index] for index in _find_asked(question)}
    return bool(asked - STOP - set(other.tokens))


def _touches_asked(question: QuestionTokens, changed: _Positions, other: _Positions) -> bool:
    """Whether a word of what is asked came or went (neighbours that change places did neither)."""
    asked = _find_asked(question)
    return any(
        index in asked
        for word, indices in changed.items()
        if word not in other
        for index in indices
    )


def _opposes(removed: _Positions, added: _Positions) -> bool:
    """Hours for minutes, buys for sells; not minute for minutes."""
    old = {OPPOSABLE[word] for word in removed if word in OPPOSABLE}
    new = {OPPOSABLE[word] for word in added if word in OPPOSABLE}
    return bool(old - new and new - old)


def _points_elsewhere(
    first: Sequence[str], second: Sequence[str], changes: Sequence[tuple[range, range]]
) -> bool:
    """Whether a word that stays elsewhere in the text gave way to another one that does."""
    changed = {index for old, _ in changes for index in old}
    known = {word for index, word in enumerate(first) if index not in changed} - STOP
    for old, new in changes:
        gone, come = {first[i] for i in old}, {second[j] for j in new}
        if (gone - come) & known and (come - gone) & known:
            return True
    return False


def _replaces_subject(
    earlier: QuestionTokens, later: QuestionTokens, changes: Sequence[tuple[range, range]]
) -> bool:
    """A name, or any Chinese word, in the place of another, where no numbers make the question.

    "The population of Vietnam", "of Ethiopia"; Chinese has no capitals to tell names by.
    """
    for old, new in changes:
        gone = {earlier.tokens[i] for i in old} - STOP
        come = {later.tokens[j] for j in new} - STOP
        if gone & earlier.names and come & later.names:
            return True
        if any(map(is_cjk_character, gone)) and any(map(is_cjk_character, come)):
            return True
    return False


def _find_asked(question: QuestionTokens) -> set[int]:
    """Positions of what is asked: about the last question word, and at the end where need be."""
    tokens = question.tokens
    asked = set(_find_question_word(tokens))
    if not asked or question.numbers < PINNED_NUMBERS:
        length = END_CHARACTERS if is_cjk_character(tokens[-1]) else END_WORDS
        asked.update(range(max(len(tokens) - length, 0), len(tokens)))
    return asked


def _find_question_word(tokens: Sequence[str]) -> range:
    """Positions about the last question word; empty where there is none."""
    end = len(tokens)
    for index in reversed(range(end)):
        if tokens[index] in ASKING_BEFORE:
            return range(index, min(index + ASKED_TOKENS, end))
        if tokens[index] in ASKING_AFTER:
            return range(max(index - ASKED_TOKENS, 0), min(index + ASKED_TOKENS, end))
    return range(0)

"""The inner loops of the compiled engine: many candidates, each a lane, against text after text.

Only `lanes` imports this module, when it is needed: numba and its compiler take seconds. What is
compiled is kept in `__pycache__` or, where that cannot be written, in the user's cache folder
(NUMBA_CACHE_DIR names another one); where nothing can be written it is compiled again.

Arithmetic on machine words is cast back to the word's type at each step: numba would widen it to
64 bits, and a vector register would hold a quarter of the lanes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import intrinsic
from numpy.typing import NDArray

from builders.compiled import compile_function
from builders.novelty.scores import rouge_l

Array = NDArray[Any]


class Texts(NamedTuple):
    """The pool's `tokens` and `ends`, and the number of each length of text."""

    tokens: Array
    ends: Array
    kind_of_length: Array


class Lanes(NamedTuple):
    """A group of candidates; one of m tokens takes ⌈m / bits⌉ words of its lane.

    `row_of` (vocabulary,) is the row of each token in `rows` (distinct tokens + 1, words, lanes),
    0 for a token that no candidate has; `masks` (words, lanes) the candidates' bits, `lengths`
    (candidates,) their tokens. There may be more lanes than candidates.
    """

    row_of: Array
    rows: Array
    masks: Array
    lengths: Array


class Found(NamedTuple):
    """Of each candidate: common tokens with the pool, its best scores, where, and the batch.

    `sums` (kinds of length, candidates) adds up the LCS lengths; `best` descends and `places`
    says whose it is, both (candidates, told); `among` (candidates, batch) are the LCS lengths
    with the batch itself, of which it is not known yet who stays.
    """

    sums: Array
    best: Array
    places: Array
    among: Array


class Scratch(NamedTuple):
    """What `scan_texts` works on: `state` (words, lanes), `carry` and `common` (lanes,), `least`
    (kinds of length, lanes) common tokens that make one of the best, `wanted` rows of a text.
    """

    state: Array
    carry: Array
    common: Array
    least: Array
    wanted: Array


def prepare_scratch(texts: Texts, lanes: Lanes, found: Found) -> Scratch:
    """Allocated here, as numba would compile numpy's allocation anew for each width of word."""
    dtype, width = lanes.rows.dtype, lanes.rows.shape[2]
    least = np.zeros((len(found.sums), width), dtype)
    least[:, len(lanes.lengths) :] = np.iinfo(dtype).max  # lanes without a candidate have no best
    return Scratch(
        state=np.zeros_like(lanes.masks),
        carry=np.zeros(width, dtype),
        common=np.zeros(width, dtype),
        least=least,
        wanted=np.zeros(len(texts.kind_of_length), np.int32),
    )


@intrinsic  # type: ignore[untyped-decorator]
def _count_ones(_typing: Any, value: Any) -> Any:  # noqa: ANN401
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.ctpop(arguments[0])

    return value(value), generate


_score = compile_function(rouge_l)


@compile_function
def fill_rows(texts: Texts, members: Array, lanes: Lanes) -> None:
    """Write the bits of the texts at `members` into lanes that are all zero."""
    bits, word = 8 * lanes.rows.itemsize, lanes.rows.dtype.type
    used = 0
    for lane in range(len(members)):
        start = texts.ends[members[lane]]
        for i in range(lanes.lengths[lane]):
            token = texts.tokens[start + i]
            if lanes.row_of[token] == 0:
                used += 1
                lanes.row_of[token] = used
            bit = word(word(1) << word(i % bits))
            lanes.rows[lanes.row_of[token], i // bits, lane] |= bit
            lanes.masks[i // bits, lane] |= bit


@compile_function
def clear_rows(texts: Texts, members: Array, row_of: Array) -> None:
    """Take back what `fill_rows` wrote into `row_of`."""
    for place in members:
        for i in range(texts.ends[place], texts.ends[place + 1]):
            row_of[texts.tokens[i]] = 0


@compile_function
def _match_one_word(rows: Array, wanted: Array, count: int, state: Array) -> None:
    """All lanes through the recurrence, token after token of a text."""
    word = rows.dtype.type
    for lane in range(rows.shape[2]):
        state[0, lane] = ~word(0)
    for k in range(count):
        row = rows[wanted[k], 0]
        for lane in range(rows.shape[2]):
            before = state[0, lane]
            hits = word(before & row[lane])
            state[0, lane] = word(word(before + hits) | word(before ^ hits))


@compile_function
def _match_words(rows: Array, wanted: Array, count: int, state: Array, carry: Array) -> None:
    """The same for candidates of several words: the addition carries from one to the next."""
    word = rows.dtype.type
    top = word(8 * rows.itemsize - 1)
    for w in range(rows.shape[1]):
        for lane in range(rows.shape[2]):
            state[w, lane] = ~word(0)
    for k in range(count):
        for lane in range(rows.shape[2]):
            carry[lane] = 0
        for w in range(rows.shape[1]):
            row = rows[wanted[k], w]
            for lane in range(rows.shape[2]):
                before = state[w, lane]
                hits = word(before & row[lane])
                total = word(word(before + hits) + carry[lane])
                # It overflows where both had the top bit, or one had it and the sum has not.
                carry[lane] = word(word(hits | word(before & word(~total))) >> top)
                state[w, lane] = word(total | word(before ^ hits))


@compile_function
def _count_zeros(state: Array, masks: Array, common: Array) -> None:
    """LCS lengths: the zeros among each lane's bits."""
    word = masks.dtype.type
    for lane in range(len(common)):
        common[lane] = 0
    for w in range(len(state)):
        for lane in range(len(common)):
            common[lane] += _count_ones(word(word(~state[w, lane]) & masks[w, lane]))


@compile_function
def _insert(best: Array, places: Array, score: float, place: int) -> None:
    """Into the descending `best`; behind its equals, which came earlier."""
    i = len(best) - 1
    while i > 0 and best[i - 1] < score:
        best[i], places[i] = best[i - 1], places[i - 1]
        i -= 1
    best[i], places[i] = score, place


@compile_function
def _note_best(
    common: Array, least: Array, lengths: Array, length: int, place: int, found: Found
) -> None:
    """Score the lanes that may be among their best; `least` is a lower bound, tightened here."""
    for lane in range(len(lengths)):
        if common[lane] < least[lane]:
            continue
        best = found.best[lane]
        score = _score(int(common[lane]), lengths[lane], length)
        if score > best[-1]:
            _insert(best, found.places[lane], score, place)
        while (
            least[lane] <= lengths[lane]
            and _score(int(least[lane]), lengths[lane], length) <= best[-1]
        ):
            least[lane] += 1


@compile_function
def _collect_wanted(texts: Texts, place: int, row_of: Array, wanted: Array) -> int:
    """Rows of the text's tokens that any candidate has; how many."""
    count = 0
    for i in range(texts.ends[place], texts.ends[place + 1]):
        wanted[count] = row_of[texts.tokens[i]]
        count += wanted[count] != 0
    return count


@compile_function
def scan_texts(texts: Texts, settled: int, lanes: Lanes, found: Found, scratch: Scratch) -> None:
    """The lanes against the first `settled` texts, and against those of the batch behind them."""
    state, common = scratch.state, scratch.common
    for place in range(settled + found.among.shape[1]):
        count = _collect_wanted(texts, place, lanes.row_of, scratch.wanted)
        if len(state) == 1:
            _match_one_word(lanes.rows, scratch.wanted, count, state)
        else:
            _match_words(lanes.rows, scratch.wanted, count, state, scratch.carry)
        _count_zeros(state, lanes.masks, common)
        if place >= settled:
            for lane in range(len(lanes.lengths)):
                found.among[lane, place - settled] = common[lane]
            continue
        length = texts.ends[place + 1] - texts.ends[place]
        kind = texts.kind_of_length[length]
        sums, least = found.sums[kind], scratch.least[kind]
        any_best = False
        for lane in range(len(common)):
            sums[lane] += common[lane]
            any_best |= common[lane] >= least[lane]
        if any_best:
            _note_best(common, least, lanes.lengths, length, place, found)


@compile_function
def settle_batch(
    found: Found, lengths: Array, kinds: Array, settled: int, threshold: float, kept: Array
) -> None:
    """In order: each candidate against those kept before it; then whether it is kept itself.

    Adds to `found` what the batch gives; `kept` (batch,) is the outcome.
    """
    for candidate in range(len(lengths)):
        best, place = found.best[candidate], settled
        for earlier in range(candidate):
            if kept[earlier]:
                common = int(found.among[candidate, earlier])
                found.sums[kinds[earlier], candidate] += common
                score = _score(common, lengths[candidate], lengths[earlier])
                if score > best[-1]:
                    _insert(best, found.places[candidate], score, place)
                place += 1
        kept[candidate] = best[0] <= threshold

"""Beam search with a finished set and a length penalty (Wu et al. 2016; Vaswani et al. 2017)."""

import keras
from keras import ops

from translation.decoding.hypotheses import (
    Hypotheses,
    best,
    join,
    only,
    penalty,
    score,
    take,
    where,
)
from translation.decoding.masking import (
    IMPOSSIBLE,
    allowed_log_probs,
    any_active,
    is_possible,
    length_limits,
    repeat_state,
    write_words,
)


def beam_search(
    step,
    state,
    batch_size,
    beam_size,
    max_length,
    length_penalty=0.6,
    limits=None,
    bos=2,
    eos=3,
    pad=0,
):
    """Keep K alive and K finished hypotheses per example, and return the K best.

    Each step takes the 2K best extensions of the alive hypotheses. Those among the first K that
    end in `eos` compete for the finished set; the K best of the rest stay alive, so ending never
    narrows the beam. An example is done when no alive hypothesis can still enter its finished set,
    or at its limit; the loop ends when all are done. A done example no longer changes, so its
    result does not depend on its batch. With `beam_size` 1 and `length_penalty` 0 this is greedy
    search.

    Args:
        step: next-word function; its contract stands in `translation.decoding`. Log-probabilities
            must not exceed 0: stopping early rests on it.
        state: structure of tensors `(B, ...)`, the step's state before the first word; it is
            repeated to `(B·K, ...)` here.
        batch_size: int, B.
        beam_size: int, K.
        max_length: int, L, the most words a hypothesis may have, `eos` included.
        length_penalty: float, at least 0, the exponent alpha of `((5 + |Y|) / 6) ** alpha`.
        limits: optional int or ints `(B,)`, a tighter limit per example; a row with limit 0 stays
            empty and asks for no further step.
        bos, eos, pad: int, word ids.

    Returns:
        tokens: `(B, K, L)` int32, best first, `pad` after `eos`. Finished hypotheses come first;
            where fewer than K finished within the limit, the best alive ones, without `eos`,
            follow. A slot that no possible hypothesis fills holds `pad` alone.
        scores: `(B, K)` float32, log-probability over length penalty; `IMPOSSIBLE` if empty.
        log_probs: `(B, K)` float32; `IMPOSSIBLE` if empty.

    Raises:
        ValueError: a size below 1, a negative penalty, or a state or limits without B rows.
    """
    _check(beam_size, length_penalty)
    limits = length_limits(limits, batch_size, max_length)
    state = repeat_state(state, batch_size, beam_size)

    def advance(position, active, words, alive, finished, state):
        log_probs, state = step(ops.reshape(words, (-1,)), position, state)
        log_probs = allowed_log_probs(log_probs, bos, pad)
        extended, parents, words = _extend(alive, log_probs, position, length_penalty)
        grown, ended, slots = _sort_out(extended, words, eos, beam_size)
        words = ops.take_along_axis(words, slots, axis=1)
        state = _follow(state, ops.take_along_axis(parents, slots, axis=1))
        alive = where(active, grown, alive)
        finished = where(active, best(join(finished, ended), beam_size)[0], finished)
        active = active & _can_improve(alive, finished, limits, length_penalty)
        active = active & (position + 1 < limits)
        return position + 1, active, words, alive, finished, state

    alive, finished = _start(batch_size, beam_size, max_length, pad)
    words = ops.full((batch_size, beam_size), bos, "int32")
    start = (ops.zeros((), "int32"), limits > 0, words, alive, finished, state)
    _, _, _, alive, finished, _ = ops.while_loop(any_active, advance, start)
    return _finished_then_alive(finished, alive, pad)


def _check(beam_size, length_penalty):
    """Raise ValueError for settings without a meaning."""
    if beam_size < 1 or length_penalty < 0:
        raise ValueError(
            "Expected beam_size of at least 1 and length_penalty of at least 0; received "
            f"beam_size={beam_size}, length_penalty={length_penalty}."
        )


def _start(batch_size, beam_size, max_length, pad):
    """Make K alive slots per example, the first of them filled, and K empty finished ones."""
    nothing = ops.full((batch_size, beam_size), IMPOSSIBLE, "float32")
    tokens = ops.full((batch_size, beam_size, max_length), pad, "int32")
    # All hypotheses of an example start alike: were all alive, the beam would hold K copies of one.
    certain = ops.where(ops.arange(beam_size) == 0, ops.zeros_like(nothing), nothing)
    return Hypotheses(tokens, certain, certain), Hypotheses(tokens, nothing, nothing)


def _extend(alive, log_probs, position, alpha):
    """Extend K alive hypotheses by every word and keep the 2K best.

    Args:
        alive: K hypotheses per example.
        log_probs: `(B·K, V)` float32, of the next words.
        position: int32 scalar tensor, the buffer's place for the next word.
        alpha: float, exponent of the length penalty.

    Returns:
        2K hypotheses per example, best first; the slots they grew from and the words they grew by,
        both `(B, 2K)` int32.
    """
    batch_size, beam_size = alive.scores.shape
    vocabulary_size = log_probs.shape[-1]
    totals = alive.log_probs[:, :, None] + ops.reshape(log_probs, (batch_size, beam_size, -1))
    # (B, K, V) -> (B, K·V): the hypotheses of an example compete with each other.
    totals, choices = ops.top_k(ops.reshape(totals, (batch_size, -1)), 2 * beam_size)
    totals = ops.maximum(totals, IMPOSSIBLE)
    choices = ops.cast(choices, "int32")
    parents, words = choices // vocabulary_size, choices % vocabulary_size
    tokens = write_words(take(alive, parents).tokens, words, position)
    return Hypotheses(tokens, totals, score(totals, position + 1, alpha)), parents, words


def _sort_out(extended, words, eos, beam_size):
    """Part 2K extensions, best first, into those that live on and those that end.

    An `eos` beyond the first K is dropped: a beam without it would not hold that hypothesis. At
    most K of the 2K end, since each parent ends once, so K others are always there.

    Returns:
        K alive hypotheses, 2K slots of which only ended hypotheses are filled, and the slots
        `(B, K)` of the extensions that live on.
    """
    ends = words == eos
    alive, slots = best(only(extended, ~ends), beam_size)
    ended = only(extended, ends & (ops.arange(2 * beam_size) < beam_size))
    return alive, ended, slots


def _follow(state, parents):
    """Give every new hypothesis the state of its parent, `(B, K)` slots of the same example."""
    batch_size, beam_size = parents.shape
    offsets = ops.arange(batch_size, dtype="int32")[:, None] * beam_size
    rows = ops.reshape(offsets + ops.cast(parents, "int32"), (-1,))
    return keras.tree.map_structure(lambda tensor: ops.take(tensor, rows, axis=0), state)


def _can_improve(alive, finished, limits, alpha):
    """Tell, `(B,)` bool, whether the best alive hypothesis can still enter the finished set.

    More words only lower a log-probability, and no penalty divides by more than the one at the
    limit, so the quotient of the two bounds every score that is yet to come.
    """
    top = alive.log_probs[:, 0]
    bound = top / penalty(limits, alpha)
    return is_possible(top) & (bound > finished.scores[:, -1])


def _finished_then_alive(finished, alive, pad):
    """Fill the slots that no finished hypothesis took with the best alive ones.

    Returns:
        tokens `(B, K, L)`, scores `(B, K)` and log-probabilities `(B, K)`.
    """
    beam_size = finished.scores.shape[1]
    count = ops.sum(ops.cast(is_possible(finished.scores), "int32"), axis=1, keepdims=True)
    slots = ops.arange(beam_size, dtype="int32")[None, :]
    slots = ops.where(slots < count, slots, beam_size + slots - count)
    chosen = take(join(finished, alive), slots)
    tokens = ops.where(is_possible(chosen.scores)[:, :, None], chosen.tokens, pad)
    return tokens, chosen.scores, chosen.log_probs

"""Greedy search: the most probable next word, one after another."""

from keras import ops

from translation.decoding.masking import (
    allowed_log_probs,
    any_active,
    length_limits,
    repeat_state,
    write_words,
)


def greedy_search(step, state, batch_size, max_length, limits=None, bos=2, eos=3, pad=0):
    """Take the most probable word at every position until `eos` or the limit.

    Args:
        step: next-word function; its contract stands in `translation.decoding`.
        state: structure of tensors `(B, ...)`, the step's state before the first word.
        batch_size: int, B.
        max_length: int, L, the most words a hypothesis may have, `eos` included.
        limits: optional int or ints `(B,)`, a tighter limit per example; a row with limit 0 stays
            empty and asks for no further step.
        bos, eos, pad: int, word ids.

    Returns:
        tokens: `(B, L)` int32, `pad` after `eos`; without `eos` where the limit came first.
        log_probs: `(B,)` float32, of the words returned.

    Raises:
        ValueError: a size below 1, or a state or limits that do not have B rows.
    """
    limits = length_limits(limits, batch_size, max_length)
    state = repeat_state(state, batch_size, times=1)

    def advance(position, active, words, tokens, totals, state):
        log_probs, state = step(words, position, state)
        log_probs = allowed_log_probs(log_probs, bos, pad)
        words = ops.where(active, ops.cast(ops.argmax(log_probs, axis=-1), "int32"), pad)
        tokens = write_words(tokens, words, position)
        totals = ops.where(active, totals + ops.max(log_probs, axis=-1), totals)
        active = active & (words != eos) & (position + 1 < limits)
        return position + 1, active, words, tokens, totals, state

    start = (
        ops.zeros((), "int32"),
        limits > 0,
        ops.full((batch_size,), bos, "int32"),
        ops.full((batch_size, max_length), pad, "int32"),
        ops.zeros((batch_size,), "float32"),
        state,
    )
    _, _, _, tokens, totals, _ = ops.while_loop(any_active, advance, start)
    return tokens, totals

"""What both searches do to hypotheses: repeat their state, limit them, forbid words in them."""

import keras
from keras import ops

# The log-probability of what cannot happen. It is finite because sums and quotients of minus
# infinity turn into NaN; a real hypothesis never comes near it.
IMPOSSIBLE = -1e9


def is_possible(log_probs):
    """Tell real hypotheses from empty slots: a boolean tensor in the shape of `log_probs`."""
    return log_probs > IMPOSSIBLE / 2


def allowed_log_probs(log_probs, bos, pad):
    """Forbid `bos` and `pad`, and lift minus infinity to `IMPOSSIBLE`.

    Args:
        log_probs: `(N, V)`, what a step gave, any float dtype.
        bos, pad: int, the words that are never generated.

    Returns:
        `(N, V)` float32. The other words keep their log-probability: nothing is renormalised.
    """
    log_probs = ops.maximum(ops.cast(log_probs, "float32"), IMPOSSIBLE)
    words = ops.arange(log_probs.shape[-1], dtype="int32")
    return ops.where((words == bos) | (words == pad), IMPOSSIBLE, log_probs)


def any_active(position, active, *rest):
    """Condition of a search's loop: it goes on while an example is active, `(B,)` bool."""
    return ops.any(active)


def repeat_state(state, batch_size, times):
    """Give every hypothesis its own copy of its example's state.

    Args:
        state: `keras.tree` structure of tensors `(B, ...)`.
        batch_size: int, B.
        times: int, hypotheses per example, K.

    Returns:
        The same structure of tensors `(B·K, ...)`; hypotheses of one example are neighbours.

    Raises:
        ValueError: a tensor's leading axis is not B.
    """

    def repeat(tensor):
        tensor = ops.convert_to_tensor(tensor)
        if tuple(tensor.shape)[:1] != (batch_size,):
            raise ValueError(
                f"Expected state tensors with leading axis batch_size = {batch_size}, one row per "
                f"example; received shape {tuple(tensor.shape)}. Give the state untiled: search "
                "repeats it for its hypotheses."
            )
        return ops.repeat(tensor, times, axis=0)

    return keras.tree.map_structure(repeat, state)


def length_limits(limits, batch_size, max_length):
    """Turn an optional limit per example into an int32 tensor `(B,)` within `[0, max_length]`.

    Args:
        limits: None (every example may fill the buffer), an int, or ints `(B,)`.
        batch_size: int, B.
        max_length: int, the length of the token buffer.

    Returns:
        `(B,)` int32.

    Raises:
        ValueError: a size below 1, or limits of another shape.
    """
    for name, value in (("batch_size", batch_size), ("max_length", max_length)):
        if value < 1:
            raise ValueError(f"Expected {name} of at least 1, received {value}.")
    limits = ops.convert_to_tensor(max_length if limits is None else limits, dtype="int32")
    if tuple(limits.shape) not in ((), (batch_size,)):
        raise ValueError(
            f"Expected one limit for all examples or one per example, shape ({batch_size},); "
            f"received shape {tuple(limits.shape)}."
        )
    return ops.broadcast_to(ops.clip(limits, 0, max_length), (batch_size,))


def write_words(tokens, words, position):
    """Write one word per hypothesis into the buffer.

    Args:
        tokens: `(..., L)` int32.
        words: `(...)` int32.
        position: int32 scalar tensor below L, the place to write to.

    Returns:
        `(..., L)` int32.
    """
    here = ops.arange(tokens.shape[-1], dtype="int32") == position
    return ops.where(here, ops.expand_dims(words, -1), tokens)

"""Which keys each query of an attention may see."""

from collections.abc import Sequence

from keras import ops

from be_keras.types import Tensor


def combine_masks(
    queries: Tensor,
    keys: Tensor,
    attention_mask: Tensor,
    key_masks: Sequence[Tensor],
    causal: bool,
    start: Tensor,
) -> Tensor:
    """One boolean mask, broadcastable to `(R, N, T, S)`, or None where nothing is hidden.

    Args:
        queries, keys: Numbers of steps T and S.
        attention_mask: `(R, T, S)`, `(T, S)` or `(R, N, T, S)`, True where attention may go.
        key_masks: Masks `(R, S)` or None, True at real steps.
        causal: Whether query t may only see keys up to `start + t`.
        start: Step of the first query.
    """
    masks = []
    if attention_mask is not None:
        mask = ops.cast(attention_mask, "bool")
        masks.append(ops.expand_dims(mask, -3) if len(mask.shape) == 3 else mask)
    for mask in key_masks:
        if mask is not None:
            masks.append(ops.expand_dims(ops.cast(mask, "bool"), (1, 2)))  # (R, 1, 1, S)
    if causal:
        steps = ops.expand_dims(ops.arange(queries) + start, 1)
        masks.append(steps >= ops.expand_dims(ops.arange(keys), 0))  # (T, S)
    combined = None
    for mask in masks:
        combined = mask if combined is None else ops.logical_and(combined, mask)
    return combined

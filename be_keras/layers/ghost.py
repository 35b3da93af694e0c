"""Moments over ghost batches: groups of examples within a batch (Hoffer et al., NeurIPS 2017)."""

from typing import Any

from keras import ops

from be_keras.members import split_members
from be_keras.types import Tensor


def ghost_moments(
    count: Tensor, means: Tensor, variances: Tensor, pools: int, size: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Give every row the moments of its group, and those of the groups in the mean.

    Args:
        count, means, variances: Of each row: what counts in it `(R, 1 or C)`, and its mean and
            variance `(R, C)`.
        pools: Kinds of rows that have moments of their own: row r is of kind r % pools.
        size: Rows of one kind in a group, the last of which may be smaller.

    Returns:
        Mean and variance of each row's group, `(R, C)`; mean and variance of all groups, weighted
        by what counts in them, `(pools, C)`.
    """
    rows = ops.shape(means)[0]
    short = (-(rows // pools)) % size
    count, means, variances = (
        _grouped(values, pools, size, short) for values in (count, means, variances)
    )  # (G, size, pools, 1 or C); what fills the last group up counts as nothing
    total = ops.maximum(ops.sum(count, 1, keepdims=True), 1e-7)
    mean = ops.sum(count * means, 1, keepdims=True) / total  # (G, 1, pools, C)
    # Moving the mean changes nothing here to first order.
    distances = ops.square(means - ops.stop_gradient(mean))
    variance = ops.sum(count * (variances + distances), 1, keepdims=True) / total
    share = total / ops.sum(total, 0, keepdims=True)

    def of_rows(values: Tensor) -> Tensor:
        values = ops.broadcast_to(values, ops.shape(means))
        return ops.reshape(values, (-1, means.shape[-1]))[:rows]

    return (
        of_rows(mean),
        of_rows(variance),
        ops.sum(share * mean, (0, 1)),
        ops.sum(share * variance, (0, 1)),
    )


def _grouped(values: Tensor, pools: int, size: int, short: Any) -> Tensor:
    """Rows `(R, C)` as `(G, size, pools, C)`, zeros where rows are missing."""
    values = split_members(values, pools)  # (R / pools, pools, C)
    values = ops.pad(values, [[0, short], [0, 0], [0, 0]])
    return ops.reshape(values, (-1, size, pools, values.shape[-1]))

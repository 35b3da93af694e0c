"""What a Keras loss is given: outputs, labels and weights as rows, and how many labels there are.

Works on structures of tensors; outputs keep their Keras masks, which only layers can read and
attach by public means.
"""

from typing import Any

import keras
from keras import ops

from be_keras.members import merge_members, repeat_examples
from be_keras.types import Tensor


class _ReadMask(keras.layers.Layer):
    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        return mask

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> Tensor:
        return None


class _AttachMask(keras.layers.Layer):
    def call(self, inputs: Tensor) -> Tensor:
        return inputs[0]

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> Tensor:
        return inputs[1]


_READ_MASK = _ReadMask(name="read_mask", autocast=False)
_ATTACH_MASK = _AttachMask(name="attach_mask", autocast=False)


def mask_of(tensor: Tensor) -> Tensor:
    """Give the Keras mask of a tensor, or None if it carries none."""
    return _READ_MASK(tensor)


def with_mask(tensor: Tensor, mask: Tensor) -> Tensor:
    """Give a tensor that carries a mask; a `mask` of None leaves it without one."""
    return tensor if mask is None else _ATTACH_MASK([tensor, mask])


def output_rows(outputs: Tensor) -> Tensor:
    """View outputs `(B, M, ...)` and their masks as rows."""

    def rows_of(output: Tensor) -> Tensor:
        mask = mask_of(output)
        return with_mask(merge_members(output), None if mask is None else merge_members(mask))

    return keras.tree.map_structure(rows_of, outputs)


def rows_as_outputs(rows: Tensor, size: Tensor) -> Tensor:
    """View the first rows, and their mask, as outputs `(size, 1, ...)` of one member each."""
    mask = mask_of(rows)
    mask = None if mask is None else ops.expand_dims(mask[:size], 1)
    return with_mask(ops.expand_dims(rows[:size], 1), mask)


def members_of(outputs: Tensor) -> int:
    """How many members saw each example, as outputs `(B, M, ..., C)` tell."""
    return keras.tree.flatten(outputs)[0].shape[1]


def repeat_labels(labels: Tensor, ensemble_size: int) -> Tensor:
    """Repeat labels or weights `(B, ...)` for every member; None stays None."""
    return keras.tree.map_structure(
        lambda label: None if label is None else repeat_examples(label, ensemble_size), labels
    )


def weights_of_each(outputs: Tensor, sample_weight: Tensor) -> Tensor:
    """Sample weights for each output, with as many axes as the output has labels.

    Keras multiplies weights `(R,)` with losses and masks `(R, T)` as they are, which fails or,
    with R equal to T, weighs steps instead of examples.

    Args:
        outputs: Structure of rows `(R, ..., C)` with their masks.
        sample_weight: One tensor `(R,)` or `(R, T)` for all outputs, a structure of them like
            the outputs (of a dict, entries may be missing), or None.

    Returns:
        A structure like the outputs, with None for an output without weights; or None.

    Raises:
        ValueError: There are neither as many weights as outputs nor one.
    """
    if sample_weight is None:
        return None
    if not keras.tree.is_nested(sample_weight):
        return keras.tree.map_structure(lambda t: _like_labels(sample_weight, t), outputs)
    if isinstance(outputs, dict) and isinstance(sample_weight, dict):
        return {name: _like_labels(sample_weight.get(name), t) for name, t in outputs.items()}
    weights, flat = keras.tree.flatten(sample_weight), keras.tree.flatten(outputs)
    if len(weights) != len(flat):
        raise ValueError(
            "`sample_weight` must be one tensor, or a structure like the outputs. Received "
            f"{len(weights)} weights for {len(flat)} outputs."
        )
    weights = [_like_labels(weight, t) for weight, t in zip(weights, flat, strict=True)]
    return keras.tree.pack_sequence_as(outputs, weights)


def _like_labels(weight: Tensor, output: Tensor) -> Tensor:
    if weight is None:
        return None
    missing = len(output.shape) - 1 - len(weight.shape)  # the last axis holds classes
    return ops.reshape(weight, (*ops.shape(weight), *[1] * missing))


def not_ignored(rows: Tensor, labels: Tensor, losses: Any) -> list[Tensor]:
    """Which labels are of another class than the one that their loss ignores.

    A loss with `ignore_class` averages over the other labels, and says so to nobody.

    Args:
        rows: Structure of outputs `(R, ..., C)`.
        labels: Integers `(R, ...)` for each output, a structure like the outputs.
        losses: Structure of Keras losses, one for each output or one for all.

    Returns:
        For each output, in the order of a flat structure, bool `(R, ...)`, or None where its loss
        ignores no class.
    """
    losses, outputs = keras.tree.flatten(losses), keras.tree.flatten(rows)
    ignored = [getattr(loss, "ignore_class", None) for loss in losses]
    if all(each is None for each in ignored):
        return [None] * len(outputs)
    if len(ignored) == 1:
        ignored *= len(outputs)
    return [
        None
        if skipped is None
        else ops.not_equal(ops.reshape(label, ops.shape(output)[:-1]), skipped)
        for output, label, skipped in zip(outputs, keras.tree.flatten(labels), ignored, strict=True)
    ]


def labels_averaged(rows: Tensor, weights: Tensor = None, counted: Tensor = None) -> Tensor:
    """How many labels the losses of all outputs divide by: what a batch weighs in an epoch.

    Args:
        rows: Structure of outputs `(R, ..., C)` with their masks.
        weights: What `weights_of_each` gave, where the losses divide by its sum; or None.
        counted: What `not_ignored` gave; None counts all.

    Returns:
        Scalar, float32.
    """
    outputs = keras.tree.flatten(rows)
    nothing = [None] * len(outputs)
    weights = nothing if weights is None else keras.tree.flatten(weights)
    counts = [_count(*each) for each in zip(outputs, weights, counted or nothing, strict=True)]
    return sum(counts[1:], start=counts[0])


def _count(output: Tensor, weight: Tensor, counted: Tensor) -> Tensor:
    factors = [f for f in (mask_of(output), weight, counted) if f is not None]
    if not factors:
        return ops.sum(ops.ones(ops.shape(output)[: max(1, len(output.shape) - 1)], "float32"))
    product = ops.cast(factors[0], "float32")
    for factor in factors[1:]:
        product = product * ops.cast(factor, "float32")
    return ops.sum(product)

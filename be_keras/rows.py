"""What a Keras loss is given: outputs, labels and weights as rows, and how many labels they are.

Works on structures of tensors; outputs keep their Keras masks.
"""

import keras
from keras import ops

from be_keras.masks import mask_of, with_mask
from be_keras.members import merge_members, repeat_examples


def output_rows(outputs, size=None):
    """View outputs `(B, M, ...)` and their masks as rows, the first `size` of them if given."""

    def rows_of(output):
        mask = mask_of(output)
        mask = None if mask is None else merge_members(mask)[:size]
        return with_mask(merge_members(output)[:size], mask)

    return keras.tree.map_structure(rows_of, outputs)


def repeat_labels(labels, ensemble_size):
    """Repeat labels or weights `(B, ...)` for every member; None stays None."""
    return keras.tree.map_structure(
        lambda label: None if label is None else repeat_examples(label, ensemble_size), labels
    )


def labels_averaged(rows, sample_weight=None):
    """How many labels the losses of all outputs divide by: what a batch weighs in an epoch.

    Args:
        rows: Outputs `(R, ..., C)` with their masks.
        sample_weight: Weights of the rows where the losses divide by their sum, or None.

    Returns:
        Scalar, float32.
    """
    outputs = keras.tree.flatten(rows)
    weights = [None] if sample_weight is None else keras.tree.flatten(sample_weight)
    if len(weights) != len(outputs):
        weights = weights * len(outputs)  # one serves all outputs
    counts = [_count(output, weight) for output, weight in zip(outputs, weights, strict=True)]
    return sum(counts[1:], start=counts[0])


def _count(output, weight):
    mask = mask_of(output)
    factors = [ops.cast(factor, "float32") for factor in (mask, weight) if factor is not None]
    if not factors:
        factors = [ops.ones(ops.shape(output)[: max(1, len(output.shape) - 1)], "float32")]
    rank = max(len(factor.shape) for factor in factors)
    product = 1.0
    for factor in factors:
        missing = rank - len(factor.shape)
        product = product * ops.reshape(factor, (*ops.shape(factor), *[1] * missing))
    return ops.sum(product)

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


def check_examples(x: Any) -> None:
    """Raise ValueError if arrays hold no example; what has no shape is not looked into.

    Examples:
        >>> be_keras.loss_inputs.check_examples(np.zeros((1, 5)))
    """
    for part in keras.tree.flatten(x):
        shape = getattr(part, "shape", None)
        if shape is not None and len(shape) and shape[0] == 0:
            raise ValueError(
                f"Expected at least one example. Received an empty batch of shape {tuple(shape)}."
            )


def check_reductions(losses: Any) -> bool:
    """Refuse losses that do not average; say whether they divide by the sample weights."""
    given = [loss for loss in keras.tree.flatten(losses) if loss is not None]
    reductions = {getattr(loss, "reduction", "mean") for loss in given}
    if reductions & {"sum", "none", None}:
        raise ValueError(
            "EnsembleModel takes losses that average over labels. Received reductions: "
            f'{sorted(map(str, reductions))}. Use "sum_over_batch_size" or '
            '"mean_with_sample_weight"; for the sum over members pass member_loss="sum".'
        )
    return reductions == {"mean_with_sample_weight"}


def without_examples(output: Tensor, rows: Tensor) -> Tensor:
    """An output `(B, M, ..., C)` whose mask leaves out the rows `(B, M)` that are False."""
    shape = ops.shape(output)[:-1]
    mask = ops.reshape(rows, (*ops.shape(rows), *[1] * (len(shape) - 2)))
    mask = ops.broadcast_to(mask, shape)
    old = mask_of(output)
    if old is not None:
        mask = ops.logical_and(mask, old)
        # Keras keeps the mask that a tensor has: the new one needs a new tensor.
        output = ops.reshape(output, ops.shape(output))
    return with_mask(output, mask)


def members_of(outputs: Tensor) -> int:
    """How many members saw each example, as outputs `(B, M, ..., C)` tell."""
    return keras.tree.flatten(outputs)[0].shape[1]


def repeat_labels(labels: Tensor, ensemble_size: int) -> Tensor:
    """Repeat labels or weights `(B, ...)` for every member; None stays None."""
    return keras.tree.map_structure(
        lambda label: None if label is None else repeat_examples(label, ensemble_size), labels
    )


def for_each_output(values: Any, outputs: Tensor, names: list[str] | None = None) -> list[Any]:
    """What is said of each output, in the order of a flat structure.

    Args:
        values: One value for all outputs, a list of one for each, a structure like them, or a
            dict by name, in which an output without a value gets None.
        outputs: Structure of outputs.
        names: Names of the outputs in a flat structure; the keys of a dict of outputs come first.

    Raises:
        ValueError: A name belongs to no output, or there is another number of values.

    Examples:
        >>> be_keras.loss_inputs.for_each_output({"b": "mse"}, [0.0, 1.0], names=["a", "b"])
        [None, 'mse']
    """
    count = len(keras.tree.flatten(outputs))
    if not keras.tree.is_nested(values):
        return [values] * count
    if count == 1:  # several losses of one output stay together
        flat = keras.tree.flatten(values)
        return flat if len(flat) == 1 else [values]
    if isinstance(outputs, dict) and len(outputs) == count:
        places = keras.tree.pack_sequence_as(outputs, list(range(count)))
        names = sorted(outputs, key=places.__getitem__)
    if isinstance(values, dict) and names and set(values) <= set(names):
        return [values.get(name) for name in names]
    flat = values if len(values) == count else keras.tree.flatten(values)
    if isinstance(flat, dict) or len(flat) != count:
        raise ValueError(
            f"Expected one value for all outputs, or one for each of {names or count}. Received "
            f"{len(flat)} values for {count} outputs"
            + (f": {list(values)}" if isinstance(values, dict) else "")
        )
    return list(flat)


def weights_of_each(
    outputs: Tensor, sample_weight: Tensor, names: list[str] | None = None
) -> Tensor:
    """Sample weights for each output, with as many axes as the output has labels.

    Keras multiplies weights `(R,)` with losses and masks `(R, T)` as they are, which fails or,
    with R equal to T, weighs steps instead of examples.

    Args:
        outputs: Structure of rows `(R, ..., C)` with their masks.
        sample_weight: One tensor `(R,)` or `(R, T)` for all outputs, what `for_each_output`
            takes of them, or None.
        names: As in `for_each_output`.

    Returns:
        A structure like the outputs, with None for an output without weights; or None.

    Raises:
        ValueError: There are neither as many weights as outputs nor one.
    """
    if sample_weight is None:
        return None
    weights = for_each_output(sample_weight, outputs, names)
    pairs = zip(weights, keras.tree.flatten(outputs), strict=True)
    return keras.tree.pack_sequence_as(outputs, [_like_labels(*pair) for pair in pairs])


def _like_labels(weight: Tensor, output: Tensor) -> Tensor:
    if weight is None:
        return None
    missing = len(output.shape) - 1 - len(weight.shape)  # the last axis holds classes
    return ops.reshape(weight, (*ops.shape(weight), *[1] * missing))


def not_ignored(
    rows: Tensor, labels: Tensor, losses: Any, names: list[str] | None = None
) -> list[Tensor]:
    """Which labels are of another class than the one that their loss ignores.

    A loss with `ignore_class` averages over the other labels, and says so to nobody.

    Args:
        rows: Structure of outputs `(R, ..., C)`.
        labels: Integers `(R, ...)` for each output that has a loss, or for all of them.
        losses: Keras losses as `for_each_output` takes them.
        names: As in `for_each_output`.

    Returns:
        For each output, in the order of a flat structure, bool `(R, ...)`, or None where its loss
        ignores no class.
    """
    losses, outputs = for_each_output(losses, rows, names), keras.tree.flatten(rows)
    ignored = [getattr(loss, "ignore_class", None) for loss in losses]
    if all(each is None for each in ignored):
        return ignored
    given = keras.tree.flatten(labels)
    if sum(loss is not None for loss in losses) == len(given) < len(losses):
        left = iter(given)
        labels = [None if loss is None else next(left) for loss in losses]
    labels = for_each_output(labels, rows, names)
    return [
        None
        if skipped is None
        else ops.not_equal(ops.reshape(label, ops.shape(output)[:-1]), skipped)
        for output, label, skipped in zip(outputs, labels, ignored, strict=True)
    ]


def labels_averaged(
    rows: Tensor, weights: Tensor = None, counted: Tensor = None, losses: list[Any] | None = None
) -> Tensor:
    """How many labels the losses of all outputs divide by: what a batch weighs in an epoch.

    Args:
        rows: Structure of outputs `(R, ..., C)` with their masks.
        weights: What `weights_of_each` gave, where the losses divide by its sum; or None.
        counted: What `not_ignored` gave; None counts all.
        losses: The loss of each output, None where it has none; None counts all.

    Returns:
        Scalar, float32.
    """
    outputs = keras.tree.flatten(rows)
    nothing = [None] * len(outputs)
    weights = nothing if weights is None else keras.tree.flatten(weights)
    each = list(zip(outputs, weights, counted or nothing, strict=True))
    if losses and any(loss is not None for loss in losses):
        each = [one for one, loss in zip(each, losses, strict=True) if loss is not None]
    counts = [_count(*one) for one in each]
    return sum(counts[1:], start=counts[0])


def _count(output: Tensor, weight: Tensor, counted: Tensor) -> Tensor:
    factors = [f for f in (mask_of(output), weight, counted) if f is not None]
    if not factors:
        return ops.sum(ops.ones(ops.shape(output)[: max(1, len(output.shape) - 1)], "float32"))
    product = ops.cast(factors[0], "float32")
    for factor in factors[1:]:
        product = product * ops.cast(factor, "float32")
    return ops.sum(product)

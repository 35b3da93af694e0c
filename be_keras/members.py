"""The member axis: the one module that knows how M members share a batch.

Rows are example-major: row ``b * M + m`` is example ``b`` seen by member ``m``. Going between
rows ``(B * M, ...)`` and members ``(B, M, ...)`` is then a reshape that moves no data, and
sharding the examples over devices shards the rows alike, without communication.
"""

import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import keras
from keras import ops

from be_keras.keras_internals import layers_below, origin_of, outermost_layer
from be_keras.types import Config, Shape, Tensor


def check_ensemble_size(ensemble_size: int) -> int:
    """Give `ensemble_size` back as an int if it is a positive integer; else raise ValueError."""
    integral = isinstance(ensemble_size, Integral) and not isinstance(ensemble_size, bool)
    if not integral or ensemble_size < 1:
        raise ValueError(
            "`ensemble_size` must be a positive integer, the number of members M. "
            f"Received: ensemble_size={ensemble_size!r}"
        )
    return int(ensemble_size)


def check_rows(shape: Shape, ensemble_size: int, owner: str) -> None:
    """Raise ValueError if a known number of rows is no multiple of the ensemble size.

    Args:
        shape: Shape of the rows, `(B * M, ...)`; the first entry may be None or a tensor.
        ensemble_size: Number of members M.
        owner: Name used in the message.
    """
    rows = shape[0] if len(shape) else 1
    if isinstance(rows, int) and rows % ensemble_size:
        raise ValueError(
            f"{owner} expects rows (B * M, ...), each example repeated for its {ensemble_size} "
            f"members, so a batch that is a multiple of {ensemble_size}. Received shape "
            f"{tuple(shape)}: {rows} rows. Put the layer inside an EnsembleModel, or tile the "
            f"examples with TileMembers({ensemble_size}) first. If nobody gave that batch: Keras "
            "on JAX makes one up to trace a layer of your own in a functional model; give that "
            "layer a `compute_output_shape`."
        )


def warn_outside_of_ensembles(ensemble_size: int) -> None:
    """Warn if the running call is that of a compiled graph that nothing tiles.

    With a batch that happens to be a multiple of M such a model trains, each member on the
    examples of its own places in the batch, and predicts by place.
    """
    model = outermost_layer()
    is_graph = isinstance(model, keras.Function | keras.Sequential)
    if ensemble_size == 1 or not is_graph or not getattr(model, "compiled", False):
        return
    if not any(isinstance(layer, TileMembers) for layer in layers_below(model)):
        warnings.warn(
            f"The compiled model {model.name!r} holds BatchEnsemble layers, and no EnsembleModel "
            f"stands around them: example i of a batch would be seen by member i % {ensemble_size} "
            f"alone. Compile EnsembleModel({model.name}, ensemble_size={ensemble_size}) instead.",
            stacklevel=2,
        )


def repeat_examples(examples: Tensor, ensemble_size: int) -> Tensor:
    """Repeat each example for every member: `(B, ...)` to rows `(B * M, ...)`, same dtype."""
    if ensemble_size == 1:
        return examples
    shape = ops.shape(examples)
    tiled = ops.broadcast_to(  # (B, 1, ...) -> (B, M, ...)
        ops.expand_dims(examples, 1), (shape[0], ensemble_size, *shape[1:])
    )
    return ops.reshape(tiled, (shape[0] * ensemble_size, *shape[1:]))  # (B * M, ...)


def fill_rows(examples: Tensor, ensemble_size: int) -> Tensor:
    """Fill a split batch `(B, ...)` up to a multiple of M, starting again at its first example."""
    size = ops.shape(examples)[0]
    if isinstance(size, int) and size % ensemble_size == 0:
        return examples
    filled = -(-size // ensemble_size) * ensemble_size
    return ops.take(examples, ops.arange(filled) % size, axis=0)


def split_members(rows: Tensor, ensemble_size: int) -> Tensor:
    """View rows `(B * M, ...)` as `(B, M, ...)`. A reshape: nothing moves."""
    shape = ops.shape(rows)
    return ops.reshape(rows, (shape[0] // ensemble_size, ensemble_size, *shape[1:]))


def merge_members(members: str) -> Tensor:
    """View `(B, M, ...)` as rows `(B * M, ...)`. A reshape: nothing moves."""
    shape = ops.shape(members)
    return ops.reshape(members, (shape[0] * shape[1], *shape[2:]))


def _tiled_spec(tensor: Tensor, ensemble_size: int) -> keras.KerasTensor:
    rows = None if tensor.shape[0] is None else tensor.shape[0] * ensemble_size
    return keras.KerasTensor((rows, *tensor.shape[1:]), dtype=tensor.dtype)


def _untiled_spec(tensor: Tensor, ensemble_size: int) -> keras.KerasTensor:
    examples = None if tensor.shape[0] is None else tensor.shape[0] // ensemble_size
    return keras.KerasTensor((examples, ensemble_size, *tensor.shape[1:]), dtype=tensor.dtype)


@keras.saving.register_keras_serializable(package="be_keras")
class TileMembers(keras.layers.Layer):
    """Repeats each example for every member: `(B, ...)` to rows `(B * M, ...)`.

    Row `b * M + m` is example b for member m. Dtype, rank and mask are kept.

    Args:
        ensemble_size: Number of members M.
        **kwargs: As in `keras.layers.Layer`, such as `name`.

    Raises:
        ValueError: `ensemble_size` is no positive integer.

    Examples:
        >>> rows = be_keras.TileMembers(2)(np.array([[1], [5]]))
        >>> keras.ops.convert_to_numpy(rows).tolist()
        [[1], [1], [5], [5]]
    """

    def __init__(self, ensemble_size: int, **kwargs: Any) -> None:
        # Token ids and masks pass through here too: leave their dtype alone.
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return repeat_examples(inputs, self.ensemble_size)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> Tensor:
        if previous_mask is None:
            return None
        if keras.utils.is_keras_tensor(previous_mask):
            return _tiled_spec(previous_mask, self.ensemble_size)
        return repeat_examples(previous_mask, self.ensemble_size)

    def compute_output_spec(self, inputs: Tensor) -> keras.KerasTensor:
        return _tiled_spec(inputs, self.ensemble_size)

    def get_config(self) -> Config:
        return {**super().get_config(), "ensemble_size": self.ensemble_size}


@keras.saving.register_keras_serializable(package="be_keras")
class UntileMembers(keras.layers.Layer):
    """Views rows `(B * M, ...)` as `(B, M, ...)`, the form that losses and metrics read.

    Called on symbolic tensors of a functional model it also follows every path back to the
    inputs and refuses a graph in which rows meet a tensor that was never tiled: such a graph
    builds, and for a batch of one example broadcasts silently.

    Args:
        ensemble_size: Number of members M.
        **kwargs: As in `keras.layers.Layer`, such as `name`.

    Raises:
        ValueError: `ensemble_size` is no positive integer, the rows are no multiple of it, or
            an untiled tensor was mixed in.

    Examples:
        >>> outputs = be_keras.UntileMembers(2)(np.array([[1], [2], [5], [6]]))
        >>> keras.ops.convert_to_numpy(outputs).tolist()
        [[[1], [2]], [[5], [6]]]
    """

    def __init__(self, ensemble_size: int, **kwargs: Any) -> None:
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        check_rows(inputs.shape, self.ensemble_size, f"UntileMembers {self.name!r}")
        return split_members(inputs, self.ensemble_size)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> Tensor:
        if previous_mask is None:
            return None
        if keras.utils.is_keras_tensor(previous_mask):
            return _untiled_spec(previous_mask, self.ensemble_size)
        return split_members(previous_mask, self.ensemble_size)

    def compute_output_spec(self, inputs: Tensor) -> keras.KerasTensor:
        check_rows(inputs.shape, self.ensemble_size, f"UntileMembers {self.name!r}")
        check_tiled_once(inputs, self.ensemble_size)
        return _untiled_spec(inputs, self.ensemble_size)

    def get_config(self) -> Config:
        return {**super().get_config(), "ensemble_size": self.ensemble_size}


def check_tiled_once(tensor: Tensor, ensemble_size: int) -> str:
    """Follow a symbolic tensor back to the inputs and check how it was tiled.

    Every path that leads to an input must cross exactly one TileMembers, and one of this
    ensemble size. A graph without any TileMembers passes: its inputs are taken for rows.

    Args:
        tensor: KerasTensor `(B * M, ...)` of a functional graph.
        ensemble_size: Number of members M.

    Returns:
        "tiled" if a TileMembers made the tensor's rows, else "untiled".

    Raises:
        ValueError: names the operation where tiled and untiled tensors meet.
    """
    states: dict[int, str] = {}
    stack = [tensor]
    while stack:  # depth first without recursion: graphs are deeper than Python's stack
        current = stack[-1]
        if id(current) in states:
            stack.pop()
            continue
        operation, parents = origin_of(current)
        waiting = [parent for parent in parents if id(parent) not in states]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        states[id(current)] = _state_after(
            operation, [states[id(parent)] for parent in parents], ensemble_size
        )
    return states[id(tensor)]


def _state_after(operation: Any, states: Sequence[str], ensemble_size: int) -> str:
    """Give "tiled" or "untiled" for what an operation gives, from what it takes."""
    if isinstance(operation, TileMembers):
        if operation.ensemble_size != ensemble_size:
            raise ValueError(
                f"TileMembers {operation.name!r} tiles for {operation.ensemble_size} members, "
                f"and UntileMembers expects {ensemble_size}. Give both the same ensemble_size."
            )
        if "tiled" in states:
            raise ValueError(
                f"TileMembers {operation.name!r} received rows that were tiled already. Tile "
                "each path from an input once."
            )
        return "tiled"
    if isinstance(operation, UntileMembers):
        return "untiled"
    if len(set(states)) > 1:
        raise ValueError(
            f"Operation {operation.name!r} mixes rows (B * M, ...) with an untiled tensor "
            "(B, ...): with one example it would broadcast silently. Expected every input of it "
            "to be tiled; pass the untiled one through TileMembers"
            f"({ensemble_size}) as well."
        )
    return states[0] if states else "untiled"

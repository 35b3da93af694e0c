"""Bodies of an EnsembleModel: what they may hold, and what can be seen of a graph among them."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from be_keras.keras_internals import calls_of, layers_below, origin_of
from be_keras.members import TileMembers, UntileMembers, check_tiled_once
from be_keras.outputs import ends_in_probabilities, gives_probabilities, kind_of_output
from be_keras.types import Shape


def check_body(body: keras.Layer, ensemble_size: int, tiles: str = "inputs") -> None:
    """Check that the layers below `body` work on rows of this many members.

    Args:
        body: Keras layer or model.
        ensemble_size: Number of members M.
        tiles: "inputs" if the body takes rows, "body" if it makes them of examples.

    Raises:
        ValueError: Names a layer made for another number of members, one that tiles where the
            body takes rows, or an output that no path tiles.
    """
    model_tiles = (UntileMembers, TileMembers) if tiles == "inputs" else (UntileMembers,)
    for layer in layers_below(body):
        if isinstance(layer, model_tiles) or hasattr(layer, "kinds_of_outputs"):
            raise ValueError(
                f"Layer {layer.name!r} ({type(layer).__name__}) stands in the body of an "
                "EnsembleModel, which tiles its inputs and untiles its outputs itself: rows "
                'would be tiled twice. Leave it out of the body, or pass tiles="body" if all '
                "that the body does itself is to tile."
            )
        other = getattr(layer, "ensemble_size", ensemble_size)
        if other != ensemble_size:
            raise ValueError(
                f"Layer {layer.name!r} ({type(layer).__name__}) has ensemble_size={other}, and "
                f"the EnsembleModel around it has ensemble_size={ensemble_size}. Give every "
                "layer of one model the same ensemble_size."
            )
    if tiles == "body":
        _check_outputs_tiled(body, ensemble_size)


def _check_outputs_tiled(body: keras.Layer, ensemble_size: int) -> None:
    for tensor in getattr(body, "outputs", [None]):
        if tensor is None or check_tiled_once(tensor, ensemble_size) != "tiled":
            raise ValueError(
                f'tiles="body" expects a functional body, here {body.name!r}, each of whose '
                "outputs is made of tensors that a TileMembers of that body tiled. Put "
                f"TileMembers({ensemble_size}) on every path to its outputs, or let the "
                'EnsembleModel tile: tiles="inputs".'
            )


def symbolic_outputs(body: keras.Layer) -> Any:
    """The outputs of a built graph, a structure of symbolic tensors; None for any other body.

    Examples:
        >>> body = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
        >>> be_keras.bodies.symbolic_outputs(body).shape
        (None, 3)
    """
    if isinstance(body, keras.Sequential):
        outputs = getattr(body, "outputs", None)
        return outputs[0] if outputs and len(outputs) == 1 else outputs
    return body.output if isinstance(body, keras.Function) else None


def kinds(
    body: keras.Layer,
    given: list[Any],
    losses: list[Any],
    names: Sequence[Any],
    asked: list[bool],
) -> list[Any]:
    """The kind of each output that is asked for, else None; lists of one entry for each output.

    `given` are kinds, "auto" or None, as `be_keras.outputs.kind_of_output` takes them.
    """
    seen = keras.tree.flatten(symbolic_outputs(body))
    if seen == [None]:  # a body whose layers cannot be seen, or a single layer
        probable = [len(given) == 1 and gives_probabilities(body)] * len(given)
    else:
        probable = [ends_in_probabilities(tensor) for tensor in seen]
    return [
        kind_of_output(kind or "auto", loss, ends, f"output {name!r}") if ask else None
        for kind, loss, ends, name, ask in zip(given, losses, probable, names, asked, strict=True)
    ]


def build_body(body: keras.Layer, input_shape: Shape, ensemble_size: int) -> None:
    """Build a body for the rows of examples of a shape, or of a structure of them."""
    if type(body).build is not keras.layers.Layer.build:
        body.build(keras.tree.map_shape_structure(lambda shape: (None, *shape[1:]), input_shape))
        return
    # A body without a `build` of its own is built by a symbolic call, on one example's rows:
    # for an unknown number of rows Keras on JAX makes up one that M need not divide.
    body(
        keras.tree.map_shape_structure(
            lambda shape: keras.KerasTensor((ensemble_size, *shape[1:])), input_shape
        )
    )


def input_shapes(body: keras.Layer) -> Any:
    """The shapes of a built body's inputs, a structure; None where they cannot be seen."""
    if isinstance(body, keras.Sequential):
        inputs = getattr(body, "inputs", None)
        return inputs[0].shape if inputs else None
    if isinstance(body, keras.Function):
        return keras.tree.map_structure(lambda tensor: tensor.shape, body.input)
    shape = (body.get_build_config() or {}).get("input_shape") if body.built else None
    return shape and (None, *shape[1:])


def output_names(body: keras.Layer) -> list[str] | None:
    """What the outputs of a graph are called, as in the plain model: by the layers behind tiles.

    Examples:
        >>> price = keras.layers.Dense(3, name="price")
        >>> be_keras.bodies.output_names(keras.Sequential([keras.Input((5,)), price]))
        ['price']
    """
    names = []
    for output in keras.tree.flatten(symbolic_outputs(body)):
        operation, parents = origin_of(output) if output is not None else (None, [])
        while isinstance(operation, TileMembers):
            operation, parents = origin_of(parents[0])
        if operation is None:
            return None
        names.append(operation.name)
    return names


def runs(body: keras.Layer, tiles: str, ensemble_size: int) -> list[str]:
    """Two lines: which layers of a body run once for all members, and which M times.

    Examples:
        >>> inputs = keras.Input((5,))
        >>> rows = be_keras.TileMembers(2)(keras.layers.Dense(3, name="shared")(inputs))
        >>> rows = be_keras.DenseBatchEnsemble(1, ensemble_size=2, name="own")(rows)
        >>> be_keras.bodies.runs(keras.Model(inputs, rows), tiles="body", ensemble_size=2)
        [' Runs 1 x an example: shared', ' Runs 2 x an example: own']
    """
    once: list[str] = []
    often: list[str] = []
    for layer in getattr(body, "layers", None) or [body]:
        if isinstance(layer, keras.layers.InputLayer | TileMembers):
            continue
        on_rows = tiles == "inputs" or any(
            _is_tiled(tensor) for tensors in calls_of(layer) for tensor in tensors
        )
        (often if on_rows else once).append(layer.name)
    return [
        f" Runs {times} x an example: {', '.join(names[:8]) or 'nothing'}"
        + f" and {len(names) - 8} more" * (len(names) > 8)
        for times, names in ((1, once), (ensemble_size, often))
    ]


def _is_tiled(tensor: Any) -> bool:
    return any(isinstance(operation, TileMembers) for operation in _operations_before(tensor))


def _operations_before(tensor: Any) -> Iterator[Any]:
    stack, seen = [tensor], {id(tensor)}
    while stack:
        operation, parents = origin_of(stack.pop())
        yield operation
        stack.extend(parent for parent in parents if id(parent) not in seen)
        seen.update(map(id, parents))


def warn_of_equal_members(body: keras.Layer, ensemble_size: int) -> None:
    """Warn of outputs of a built body to which weights lead, and none of the members' own.

    Examples:
        >>> body = be_keras.DenseBatchEnsemble(2, ensemble_size=3)
        >>> body.build((None, 4))
        >>> be_keras.bodies.warn_of_equal_members(body, ensemble_size=3)
    """
    outputs = keras.tree.flatten(symbolic_outputs(body))
    if outputs == [None]:  # layers that cannot be seen: all of them may lead to all outputs
        before = {body.name: [body]}
    else:
        names = output_names(body) or ()
        before = {
            name: list(_operations_before(output))
            for name, output in zip(names, outputs, strict=False)
        }
    equal = [
        name
        for name, operations in before.items()
        if any(getattr(operation, "weights", None) for operation in operations)
        and not any(map(_holds_members, operations))
    ]
    if equal and ensemble_size > 1:
        warnings.warn(
            f"No weight of the members' own leads to the output {', '.join(map(repr, equal))} of "
            f"the body {body.name!r}: all {ensemble_size} members compute the same there. Build "
            "the body of BatchEnsemble layers, such as DenseBatchEnsemble, or convert a plain "
            "model with be_keras.convert.to_batch_ensemble. A layer of your own counts as one if "
            "it has an `ensemble_size`.",
            stacklevel=4,
        )


def _holds_members(operation: Any) -> bool:
    below = layers_below(operation) if isinstance(operation, keras.Layer) else []
    return any(hasattr(layer, "ensemble_size") and layer.weights for layer in below)

"""Graphs of layers: seen as one, walked, and rebuilt with another layer in the place of each."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from be_keras.keras_internals import layers_below, origin_of


def is_graph(layer: Any) -> bool:
    """Whether a layer is a Sequential or Functional model."""
    return isinstance(layer, keras.Function | keras.Sequential)


def functional_view(model: keras.Model) -> keras.Model:
    """Give a Sequential or Functional model as a plain functional one over the same layers.

    Raises:
        ValueError: The model is of another kind, has a `call` of its own, or has no inputs yet.
    """
    if not is_graph(model):
        raise ValueError(
            f"{model.name!r} is a {type(model).__name__}: only the layers of Sequential and "
            "Functional models can be seen. Build it as keras.Model(inputs, outputs)."
        )
    if isinstance(model, keras.Sequential):
        if not getattr(model, "inputs", None):
            raise ValueError(
                f"The Sequential model {model.name!r} has no inputs yet. Give it a keras.Input as "
                "its first entry, or call it once."
            )
        outputs = model.outputs if len(model.outputs) > 1 else model.outputs[0]
        view, expected = keras.Model(model.inputs[0], outputs, name=model.name), keras.Sequential
    else:
        view = keras.Model(model.input, model.output, name=model.name)
        expected = type(view)
    if type(model).call is not expected.call:
        raise ValueError(
            f"{type(model).__name__} {model.name!r} has a `call` of its own, which a rebuilt "
            "graph would leave out. Build it as keras.Model(inputs, outputs)."
        )
    return view


def leaves_of(layer: keras.Layer) -> list[Any]:
    """The layers below a layer that are no graphs themselves, each once, in the graph's order."""
    if not is_graph(layer):
        return [layer]
    found: dict[int, Any] = {}
    for below in functional_view(layer).layers:
        found.update((id(leaf), leaf) for leaf in leaves_of(below))
    return list(found.values())


def last_layers(model: keras.Model, wanted: Callable[[Any], bool]) -> list[Any]:
    """The last layers before the outputs of a graph for which `wanted(layer)` holds, each once."""
    found: dict[int, Any] = {}
    seen: set[int] = set()
    stack = list(functional_view(model).outputs)
    while stack:
        tensor = stack.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        operation, parents = origin_of(tensor)
        if is_graph(operation):
            here = last_layers(operation, wanted)
        else:
            here = [operation] if operation is not None and wanted(operation) else []
        found.update((id(layer), layer) for layer in here)
        if not here:
            stack.extend(parents)
    return list(found.values())


def rebuild(model: keras.Model, call: Callable[..., Any]) -> keras.Model:
    """Build a graph anew on inputs of its own, of any number of examples.

    Args:
        model: Sequential or Functional model.
        call: Stands for each call of the graph: from a layer or operation of `model` and the
            arguments on the new tensors to the new output.

    Returns:
        A functional model of the same name, inputs and structure.
    """
    view = functional_view(model)
    inputs = keras.tree.map_structure(
        lambda tensor: keras.Input(
            batch_shape=(None, *tensor.shape[1:]),
            dtype=tensor.dtype,
            name=origin_of(tensor)[0].name,
        ),
        view.input,
    )
    rebuilt = keras.models.clone_model(
        view, input_tensors=inputs, clone_function=lambda layer: layer, call_function=call
    )
    if not model.trainable:
        rebuilt.trainable = False
    return rebuilt


class Counterparts:
    """The layers that stand for those of a graph in the rebuilt one; `rebuild` calls it.

    A layer that is called often has one counterpart, made at its first call; the counterpart of
    a graph is that graph rebuilt.

    Args:
        replace: From a layer to None, for a copy with the same weights, or to a pair: an unbuilt
            layer, and a function that fills its weights, given it once it is built.
        made: Dict of counterparts made so far, by identity, if they are shared with others.
    """

    def __init__(self, replace: Callable[[Any], Any], made: dict[int, Any] | None = None) -> None:
        self.replace = replace
        self.made = {} if made is None else made

    def __call__(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if id(layer) in self.made:
            return self.made[id(layer)](*args, **kwargs)
        if is_graph(layer):
            self.made[id(layer)] = rebuild(layer, self)
            return self.made[id(layer)](*args, **kwargs)
        counterpart, fill = self.replace(layer) or copy_of(layer)
        self.made[id(layer)] = counterpart
        outputs = counterpart(*args, **kwargs)
        fill(counterpart)
        return outputs


def copy_of(layer: Any) -> tuple[Any, Callable[..., Any]]:
    """Give an unbuilt copy, and the function that gives it the same weights once it is built."""

    def fill(copy: Any) -> None:
        # Not `set_weights`: some layers keep more than weights, or derive values from them.
        for old, new in zip(layers_below(layer), layers_below(copy), strict=True):
            store: dict[str, Any] = {}
            old.save_own_variables(store)
            new.load_own_variables({key: copy_of_value(value) for key, value in store.items()})

    try:
        copy = type(layer).from_config(layer.get_config())
    except (TypeError, NotImplementedError) as error:
        raise ValueError(
            f"Layer {layer.name!r} ({type(layer).__name__}) cannot be copied from its config. Give "
            "it a `get_config` with all arguments of its `__init__`, which passes the others on to "
            "super().__init__(**kwargs); or build it as keras.Model(inputs, outputs)."
        ) from error
    return copy, fill if isinstance(layer, keras.Layer) else lambda copy: None


def copy_of_value(value: Any) -> Any:
    """Give the value of a Keras variable as a NumPy array of its own; anything else as it is.

    Assigned as it is, on JAX two variables would hold one array, and training either model gives
    that array away.
    """
    if not isinstance(value, keras.Variable):
        return value
    return np.array(keras.ops.convert_to_numpy(value))

"""What this package takes of Keras' insides: names that Keras does not promise to keep.

All of them stand here, each behind a function; `tests/be_keras/test_keras_internals.py` says which
one a new release of Keras has changed.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

_CALLED_BY_NOBODY = keras.layers.Identity(name="called_by_nobody")


def layers_below(layer: keras.Layer) -> list[keras.Layer]:
    """A layer and every layer that it holds, however deep, each once."""
    return layer._flatten_layers()


def origin_of(tensor: Any) -> tuple[Any, list[Any]]:
    """The operation that made a KerasTensor, and the KerasTensors that it took."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or not history.operation._inbound_nodes:
        return None, []
    node = history.operation._inbound_nodes[history.node_index]
    return history.operation, list(node.input_tensors)


def calls_of(layer: keras.Layer) -> list[list[Any]]:
    """The KerasTensors that a layer took at each of its calls."""
    return [list(node.input_tensors) for node in layer._inbound_nodes]


def outermost_layer() -> Any:
    """The layer or model whose call holds all others that are running; None outside of calls."""
    outermost = _CALLED_BY_NOBODY._get_call_context().entry_layer
    if outermost is not _CALLED_BY_NOBODY:
        return outermost
    _CALLED_BY_NOBODY._maybe_reset_call_context()
    return None


def place_of(tensor: Any) -> int:
    """Which output of its operation a KerasTensor is."""
    return tensor._keras_history.tensor_index


def compiled_metrics(model: keras.Model) -> tuple[Any, Any]:
    """The `metrics` and `weighted_metrics` that a model was compiled with, as they were given."""
    metrics = model._compile_metrics
    if metrics is None:
        return None, None
    return metrics._user_metrics, metrics._user_weighted_metrics


def expects_logits(metric: Any) -> bool:
    """Whether a metric of Keras was made with `from_logits=True`."""
    return getattr(metric, "from_logits", getattr(metric, "_from_logits", False)) is True


def build_on(model: keras.Model, batch: Any) -> None:
    """Build a compiled model, its metrics and its optimiser for a batch, or for its specs."""
    model._symbolic_build(data_batch=batch)


def forget_strategy(model: keras.Model) -> None:
    """Have Keras' loops on TensorFlow split no batches and reduce no results."""
    model._distribute_strategy = None


@contextlib.contextmanager
def gradients_taken_as_they_are(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Keep an optimiser on TensorFlow from adding gradients up over replicas."""
    optimizer._all_reduce_sum_gradients = lambda pairs: pairs
    try:
        yield
    finally:
        del optimizer._all_reduce_sum_gradients


def averages_of(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """The moving averages of the trainable weights of an optimiser with `use_ema=True`."""
    return optimizer._model_variables_moving_average


def variable_updated(optimizer: keras.optimizers.Optimizer, variable: Any) -> keras.Variable:
    """The Keras variable of what `update_step` is given: on TensorFlow the one inside of it."""
    return optimizer._trainable_variables[optimizer._get_variable_index(variable)]

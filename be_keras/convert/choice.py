"""Choice: which layers of a model become members, and what their fast weights begin with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import keras

from be_keras.convert.graphs import last_layers, leaves_of
from be_keras.roles import NORMS
from be_keras.types import Initializer


@dataclass(frozen=True)
class _Last:
    count: int


def last(count: int) -> Any:
    """For the argument `convert`: the last `count` layers that hold weights, norms left out.

    Raises:
        ValueError: `count` is no positive integer.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> head = be_keras.convert.last(1)
        >>> ensemble = be_keras.convert.to_batch_ensemble(model, 4, convert=head)
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"`last` takes a positive integer. Received: {count!r}")
    return _Last(count)


def chosen_layers(model: keras.Model, convert: Any) -> list[keras.Layer]:
    """The layers of a graph that `convert` chooses, out of those with weights; norms left out.

    Args:
        model: Sequential or Functional model.
        convert: As in `to_batch_ensemble`.

    Returns:
        Non-empty list of layers, in the graph's order.

    Raises:
        ValueError: Nothing is chosen, a name fits no layer, or `convert` is of no known kind.
    """
    layers = [layer for layer in leaves_of(model) if layer.weights and not isinstance(layer, NORMS)]
    if convert is None:
        chosen = [layer for layer in layers if layer.trainable_weights]
    elif isinstance(convert, _Last):
        chosen = layers[-convert.count :]
    elif isinstance(convert, str):
        chosen = _by_name(layers, [convert])
    elif callable(convert):
        chosen = [layer for layer in layers if convert(layer)]
    elif isinstance(convert, Iterable):
        chosen = _by_name(layers, list(convert))
    else:
        raise ValueError(
            "`convert` must be None, a function of a layer, last(n), or names or patterns of "
            f"layers. Received: convert={convert!r}"
        )
    if not chosen:
        raise ValueError(
            f"`convert` chose no layer of {model.name!r}, so that its members could not differ. "
            f"Received: convert={convert!r}. Layers with weights: {_names(layers)}; frozen ones "
            "are converted only if they are asked for."
        )
    return chosen


def _by_name(layers: list[keras.Layer], patterns: list[str]) -> list[keras.Layer]:
    for pattern in patterns:
        if not any(fnmatchcase(layer.name, pattern) for layer in layers):
            raise ValueError(
                f"`convert` names {pattern!r}, and no layer with weights has that name. Choose "
                f"out of: {_names(layers)}"
            )
    return [
        layer for layer in layers if any(fnmatchcase(layer.name, pattern) for pattern in patterns)
    ]


def _names(layers: list[keras.Layer]) -> str:
    return ", ".join(repr(layer.name) for layer in layers) or "none"


def head_layers(model: keras.Model) -> list[keras.Layer]:
    """The layers with weights, norms left out, that stand last before a model's outputs."""
    return last_layers(
        model,
        lambda layer: bool(getattr(layer, "weights", None)) and not isinstance(layer, NORMS),
    )


def signs_in_the_head(
    model: keras.Model, elsewhere: Initializer = "ones"
) -> Callable[[keras.Layer], Any]:
    """For `r_initializer` or `s_initializer`: random signs in the head, something else below.

    Members that share what comes before the head, nearly or exactly, differ by what they read
    from it. Signs take away what the head had learned: train it again.

    Args:
        model: The model to be converted.
        elsewhere: Initialiser of all layers but those next to the model's outputs.

    Returns:
        A function from a layer of `model` to its initialiser.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> initializer = be_keras.convert.signs_in_the_head(model)
        >>> initializer(model.layers[-1])
        'random_sign'
    """
    heads = {id(layer) for layer in head_layers(model)}
    return lambda layer: "random_sign" if id(layer) in heads else elsewhere

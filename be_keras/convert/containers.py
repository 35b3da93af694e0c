"""Rules of layers that hold layers: recurrent ones hold cells, wrappers what they wrap.

What is held is converted by its own rules; what holds it is made anew around that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from be_keras import initializers
from be_keras.convert.graphs import copy_of, is_graph
from be_keras.convert.rules import named, rule_for, rule_of_members
from be_keras.keras_internals import layers_below
from be_keras.roles import NORMS
from be_keras.types import Config

# Which layer of Keras runs one cell of these; it has kernels of its own for some devices.
_LAYERS_OF_CELLS = {
    keras.layers.SimpleRNNCell: keras.layers.SimpleRNN,
    keras.layers.LSTMCell: keras.layers.LSTM,
    keras.layers.GRUCell: keras.layers.GRU,
}


@dataclass(frozen=True)
class Container:
    """How layers that hold layers are converted, either way; see `Rule` for the methods.

    Args:
        parts: From such a layer to the list of layers that it holds.
        around: From such a layer and a list of new parts to the new layer around them.
    """

    parts: Callable
    around: Callable

    def to_members(self, layer: keras.Layer, options: Config) -> tuple[Any, Callable[..., Any]]:
        """As `Rule.to_members`; each part draws its fast weights from streams of its own.

        Raises:
            ValueError: A part cannot become members.
        """
        pairs, drawn = [], 0
        try:
            for part in self.parts(layer):
                if is_graph(part):
                    raise ValueError(
                        f"It holds the model {part.name!r}: hold its layers one by one in "
                        f"{type(layer).__name__}."
                    )
                own = {key: initializers.fresh(value, part=drawn) for key, value in options.items()}
                if isinstance(part, NORMS):  # these have no fast weights
                    own = {"ensemble_size": options["ensemble_size"]}
                pairs.append(rule_for(part).to_members(part, own))
                drawn += len(layers_below(part))
            return self._with_parts(layer, pairs)
        except ValueError as error:
            raise ValueError(
                f"{named(layer)} cannot hold members: {error} In `convert`, {layer.name!r} stands "
                "for it and all that it holds."
            ) from error

    def to_plain(self, layer: keras.Layer, member: int) -> tuple[Any, Callable[..., Any]]:
        """As `Rule.to_plain`; parts of one network are copied."""
        pairs = []
        for part in self.parts(layer):
            rule = rule_of_members(part)
            pairs.append(copy_of(part) if rule is None else rule.to_plain(part, member))
        return self._with_parts(layer, pairs)

    def _with_parts(self, layer: keras.Layer, pairs: Any) -> tuple[keras.Layer, Callable[..., Any]]:
        def fill(made: Any) -> None:  # its parts may be copies of those that it was given
            for part, (_, fill_part) in zip(self.parts(made), pairs, strict=True):
                fill_part(part)

        return self.around(layer, [part for part, _ in pairs]), fill


def _config(layer: keras.Layer, *parts: str, kind: Any = None) -> Config:
    """The config of a layer as one of `kind`, its own by default, without its parts."""
    config = (kind or type(layer)).get_config(layer)
    return {key: value for key, value in config.items() if key not in parts}


def _recurrent(layer: keras.Layer, cells: Any) -> keras.Layer:
    (cell,) = cells
    if layer.stateful:
        raise ValueError(
            "It is stateful: its states belong to a fixed number of rows, and an ensemble takes "
            "any number of examples. Build it with stateful=False."
        )
    if layer.activity_regularizer is not None:
        raise ValueError(
            "It has an activity_regularizer, which keras.layers.RNN loses when it is saved. "
            "Build it without."
        )
    config = _config(layer, "cell", kind=keras.layers.RNN)
    kind = _LAYERS_OF_CELLS.get(type(cell))
    if kind is None or cell.dtype_policy != layer.dtype_policy:
        return keras.layers.RNN(cell, **config)
    return kind(**{**cell.get_config(), **config})


def _bidirectional(layer: keras.Layer, directions: Any) -> keras.Layer:
    forward, backward = directions
    config = _config(layer, "layer", "backward_layer")
    return keras.layers.Bidirectional(forward, backward_layer=backward, **config)


RECURRENT = Container(lambda layer: [layer.cell], _recurrent)
STACKED = Container(
    lambda layer: layer.cells,
    lambda layer, cells: keras.layers.StackedRNNCells(cells, **_config(layer, "cells")),
)
BIDIRECTIONAL = Container(lambda layer: [layer.forward_layer, layer.backward_layer], _bidirectional)
TIME_DISTRIBUTED = Container(
    lambda layer: [layer.layer],
    lambda layer, parts: keras.layers.TimeDistributed(*parts, **_config(layer, "layer")),
)

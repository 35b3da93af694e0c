"""Rules: which layer of members stands for which layer of Keras, with its weights, and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from be_keras.convert.graphs import copy_of_value
from be_keras.keras_internals import layers_below
from be_keras.types import Config, Tensor

# What a layer of members has in its config and an ordinary one has not.
_OF_MEMBERS = {"ensemble_size", "ghost_size", "statistics", "tied_output", "q_initializer"} | {
    f"{weight}_{kind}"
    for weight in ("r", "s")
    for kind in ("initializer", "regularizer", "constraint")
}


def _same(value: Tensor) -> Any:
    return value


@dataclass(frozen=True)
class Rule:
    """How one class of layers is converted; the arguments are those of `register_rule`."""

    plain: Any
    member: Any
    fold: Callable
    config: Callable = _same
    path: Callable = _same

    def to_members(self, layer: keras.Layer, options: Config) -> tuple[Any, Callable[..., Any]]:
        """Give the layer of members for a plain layer, and the function that fills it once built.

        Args:
            layer: A built layer of the class `plain`.
            options: Dict of the further arguments of `member`.

        Returns:
            The pair that `Counterparts` takes.

        Raises:
            ValueError: The layer has an option that the layer of members does not support.
        """
        try:
            made = self.member.from_config({**self.config(layer.get_config()), **options})
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{named(layer)} cannot become a {self.member.__name__}: {error} Leave it shared "
                "by all members, with `convert` or `per_member`, or change that option of it."
            ) from error

        def fill(made: Any) -> None:
            places = _weights_by_path(made)
            for path, weight in _weights_by_path(layer).items():
                place, value = places[self.path(path)], copy_of_value(weight)
                if tuple(place.shape) != value.shape:  # (...) -> (M, ...)
                    value = value.reshape(place.shape[1:])
                place.assign(np.broadcast_to(value, place.shape))

        return made, fill

    def to_plain(self, layer: keras.Layer, member: int) -> tuple[Any, Callable[..., Any]]:
        """Give the plain layer for one member, and the function that fills it once built."""
        config = {key: value for key, value in layer.get_config().items() if key not in _OF_MEMBERS}
        made = self.plain.from_config(config)
        return made, lambda made: assign_by_path(made, self.fold(layer, member))


_BY_PLAIN: dict[type, Any] = {}
_BY_MEMBER: dict[type, Any] = {}


def register_rule(
    plain: type,
    member: type,
    *,
    fold: Callable[..., Any],
    config: Callable[[Config], Config] = _same,
    path: Callable[[str], str] = _same,
) -> None:
    """Say how layers of one class are converted; a later rule takes the place of an earlier one.

    Args:
        plain: Class of the ordinary layer; its subclasses need rules of their own.
        member: Class of the layer of M members, on rows `(B * M, ...)`. Made from the plain
            layer's config with `ensemble_size`, `r_initializer` and `s_initializer` (for
            normalisations `ensemble_size` alone).
        fold: From a built layer of members and a member's index to the weights of that member's
            plain layer, a dict of arrays by path below the layer, such as `{"kernel": ...}`.
        config: From the plain layer's config, a dict of its own, to what `member` takes of it.
        path: From the path of a weight below the plain layer to that below the layer of
            members. A weight there may have a member axis in front.

    Examples:
        >>> class Doubled(keras.layers.Dense):
        ...     pass
        >>> class DoubledBatchEnsemble(be_keras.DenseBatchEnsemble):
        ...     pass
        >>> def fold(layer, member):
        ...     kernel = layer.kernel * layer.r[member][:, None] * layer.s[member]
        ...     return {"kernel": np.array(kernel), "bias": np.array(layer.bias[member])}
        >>> be_keras.convert.register_rule(Doubled, DoubledBatchEnsemble, fold=fold)
    """
    add_rule(plain, member, Rule(plain, member, fold, config, path))


def add_rule(plain: type, member: type, rule: Any) -> None:
    """Let an object with the methods of `Rule` convert the layers of one class."""
    _BY_PLAIN[plain] = _BY_MEMBER[member] = rule


def rule_for(layer: keras.Layer, option: str = "convert") -> Any:
    """The rule for an ordinary layer.

    Args:
        layer: The layer.
        option: Name of the argument that asked for its conversion, for the message.

    Raises:
        ValueError: There is none.
    """
    rule = _BY_PLAIN.get(type(layer))
    if rule is None:
        cure = "Build it as keras.Model(inputs, outputs), so that its layers can be seen, leave"
        raise ValueError(
            f"{named(layer)} has weights, and no rule says how members of it differ. "
            f"{cure if isinstance(layer, keras.Model) else 'Leave'} it shared by all members, with "
            f"the argument `{option}`, or write a layer for it and call "
            "be_keras.convert.register_rule."
        )
    return rule


def rule_of_members(layer: keras.Layer) -> Any:
    """The rule that makes layers of members like this one; None for a layer of one network.

    Raises:
        ValueError: It is a layer of members that no rule makes.
    """
    rule = _BY_MEMBER.get(type(layer))
    holds_members = any(hasattr(below, "ensemble_size") for below in layers_below(layer))
    if type(layer) in _BY_PLAIN and not holds_members:
        return None  # of a class that can hold members, as `keras.layers.RNN` is
    if rule is None and holds_members:
        raise ValueError(
            f"{named(layer)} holds members, and no rule says how one of them is folded. Call "
            "be_keras.convert.register_rule for it."
        )
    return rule


def assign_by_path(layer: keras.Layer, arrays: Mapping[str, np.ndarray]) -> None:
    """Assign every weight of a built layer from a dict of arrays by path below it.

    Arrays may lack axes of size one, which Keras' einsum layer puts into its bias.
    """
    for path, weight in _weights_by_path(layer).items():
        weight.assign(arrays[path].reshape(weight.shape))


def _weights_by_path(layer: keras.Layer) -> dict[str, keras.Variable]:
    return {weight.path.removeprefix(f"{layer.path}/"): weight for weight in layer.weights}


def named(layer: Any) -> str:
    """A layer as messages speak of it."""
    return f"Layer {layer.name!r} ({type(layer).__name__})"

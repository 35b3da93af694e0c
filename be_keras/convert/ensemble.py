"""From a Keras model to a BatchEnsemble whose members begin with the model's weights."""

from collections.abc import Sequence
from typing import Any

import keras

from be_keras import initializers
from be_keras.convert.choice import chosen_layers, head_layers
from be_keras.convert.graphs import Counterparts, functional_view, leaves_of, rebuild
from be_keras.convert.rules import rule_for
from be_keras.ensemble_model import EnsembleModel
from be_keras.members import TileMembers, check_ensemble_size
from be_keras.roles import NORMS
from be_keras.types import Tensor

PER_MEMBER = ("norms", "head")


def to_batch_ensemble(
    model: keras.Model,
    ensemble_size: int,
    *,
    convert: Any = None,
    per_member: Sequence[str] = PER_MEMBER,
    r_initializer: Any = "ones",
    s_initializer: Any = "ones",
    members: str = "shared",
    outputs: Any = "auto",
    tiles: str | None = None,
    **kwargs: Any,
) -> EnsembleModel:
    """Make M members of a Sequential or Functional model (Wen et al., ICLR 2020).

    Kernels are shared, and keep their values; biases of converted layers belong to the members
    and begin with the model's. Where r and s are one every member equals the model, but for masks,
    which act as in the layers of this package. What makes members part is training, the
    initialisers of r and s, or both. Other layers, and whatever is frozen, are shared by all
    members. The model itself is left alone.

    Args:
        model: Sequential or Functional model with weights: nested, with several inputs and
            outputs, shared layers or skips. Whatever it does must treat each example by itself.
        ensemble_size: Number of members M.
        convert: Which layers get fast weights. None: all with trainable weights; else a function
            from a layer to a boolean, `last(n)`, or one name or a list of names of layers, in
            which `*` and `?` stand for anything.
        per_member: What else belongs to the members, out of "norms" (scale, shift and moving
            statistics of the normalisations that rows reach) and "head" (the last layers with
            weights before the outputs are converted, chosen or not, unless frozen).
        r_initializer, s_initializer: Initialisers of the fast weights, or functions from a layer
            of `model` to one, such as `signs_in_the_head(model)`.
        members: "shared" or "split", as in `EnsembleModel`.
        outputs: What the model gives, as in `EnsembleModel`.
        tiles: Where examples become rows. "body": where they meet the first layer of members, so
            that what comes before runs once for all of them, dropout and augmentation too.
            "inputs": at once. None: "inputs" for split members, which need it, else "body".
        **kwargs: `member_loss` and `name`, as in `EnsembleModel`.

    Returns:
        A built `EnsembleModel`, not compiled: examples `(B, ...)` to `(B, M, ..., C)`.

    Raises:
        ValueError: A layer to be converted has no rule or an option that members do not support,
            nothing is chosen, or the model is of another kind.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> be_keras.convert.to_batch_ensemble(model, 4)(np.ones((5, 3))).shape[1]
        4
    """
    chosen = _chosen(model, convert, per_member)
    fast = {"r_initializer": r_initializer, "s_initializer": s_initializer}
    conversion = _Conversion(ensemble_size, chosen, "norms" in per_member, fast)
    tiles = tiles or ("inputs" if members == "split" else "body")
    body = conversion.rows_from_examples(model) if tiles == "body" else conversion.on_rows(model)
    ensemble = EnsembleModel(
        body,
        ensemble_size,
        members=members,
        outputs=outputs,
        tiles=tiles,
        **kwargs,
    )
    ensemble.build(keras.tree.map_structure(lambda tensor: tensor.shape, body.input))
    return ensemble


def _chosen(model: keras.Model, convert: Any, per_member: Any) -> Any:
    """The layers that get fast weights, each of which has a rule: a dict by their identity."""
    if not isinstance(model, keras.Model):
        raise ValueError(
            "Expected to_batch_ensemble(model, ensemble_size) with a Keras model first. Received: "
            f"{model!r}"
        )
    if isinstance(model, EnsembleModel):
        raise ValueError(
            f"{model.name!r} is an EnsembleModel of {model.ensemble_size} members already. Convert "
            "the model that it was made of, or one member: extract_member(model, 0)."
        )
    functional_view(model)
    unknown = set(per_member) - set(PER_MEMBER)
    if unknown:
        raise ValueError(f"`per_member` takes {PER_MEMBER}. Received: {sorted(unknown)}")
    chosen = {id(layer): layer for layer in chosen_layers(model, convert)}
    for layer in chosen.values():
        rule_for(layer, "convert")
    for layer in head_layers(model) if "head" in per_member else ():
        if layer.trainable_weights:
            rule_for(layer, "per_member")
            chosen[id(layer)] = layer
    return chosen


class _Conversion:
    """Rebuilds a graph with layers of members, and keeps account of which tensors are rows."""

    def __init__(self, ensemble_size: int, chosen: Any, norms: bool, fast: Any) -> None:
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.chosen = chosen
        self.norms = norms
        self.fast = fast
        self.tile = TileMembers(ensemble_size, name="tile_members")
        # From the identity of a tensor to the tensor, kept alive, and its rows.
        self.tiled: dict[int, tuple[Any, Any]] = {}
        self.met_rows: set[int] = set()
        self.with_members = Counterparts(self._member_layer)
        self.without = Counterparts(lambda layer: None, self.with_members.made)

    def on_rows(self, model: keras.Model) -> keras.Model:
        """The graph on rows, from rows."""
        return rebuild(model, self.with_members)

    def rows_from_examples(self, model: keras.Model) -> keras.Model:
        """The graph on examples as far as that goes, and on rows from there."""
        body = rebuild(model, self._at_edges)
        rows = keras.tree.map_structure(self._to_rows, body.output)
        return keras.Model(body.input, rows, name=body.name)

    def _at_edges(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        meets_rows = any(self._is_rows(value) for value in keras.tree.flatten((args, kwargs)))
        if not meets_rows and not self._needs_rows(layer):
            return self.without(layer, *args, **kwargs)
        self.met_rows.update(id(leaf) for leaf in (layer, *leaves_of(layer)))
        args, kwargs = keras.tree.map_structure(self._to_rows, (args, kwargs))
        outputs = self.with_members(layer, *args, **kwargs)
        for tensor in keras.tree.flatten(outputs):
            self.tiled[id(tensor)] = (tensor, tensor)
        return outputs

    def _needs_rows(self, layer: Any) -> Any:
        chosen = any(id(leaf) in self.chosen for leaf in leaves_of(layer))
        return chosen or id(layer) in self.met_rows

    def _is_rows(self, value: Tensor) -> Any:
        # Looked up by identity alone, None as of `mask` or `training` would be the rows of nothing.
        return id(value) in self.tiled and self.tiled[id(value)][1] is value

    def _to_rows(self, value: Tensor) -> Any:
        if not keras.utils.is_keras_tensor(value):
            return value
        if id(value) not in self.tiled:
            rows = self.tile(value)
            self.tiled[id(value)] = (value, rows)
            self.tiled[id(rows)] = (rows, rows)
        return self.tiled[id(value)][1]

    def _member_layer(self, layer: Any) -> Any:
        options = {"ensemble_size": self.ensemble_size}
        if isinstance(layer, NORMS):
            if not (self.norms and layer.trainable and layer.weights):
                return None
            return rule_for(layer, "per_member").to_members(layer, options)
        if id(layer) not in self.chosen:
            return None
        place = list(self.chosen).index(id(layer))
        for name, initializer in self.fast.items():
            if callable(initializer) and not isinstance(
                initializer, type | keras.initializers.Initializer
            ):
                initializer = initializer(layer)
            options[name] = initializers.fresh(initializers.get(initializer), layer=place)
        return rule_for(layer).to_members(layer, options)

"""From one member of an ensemble to an ordinary Keras model."""

from numbers import Integral
from typing import Any

import keras

from be_keras.convert.folding import fold_output_side
from be_keras.convert.graphs import Counterparts, rebuild
from be_keras.convert.rules import assign_by_path, rule_of_members
from be_keras.ensemble_model import EnsembleModel
from be_keras.layers import EmbeddingBatchEnsemble
from be_keras.layers.base import MemberLayer
from be_keras.members import TileMembers


def extract_member(model: EnsembleModel, member: int) -> keras.Model:
    """Give one member as an ordinary model of Keras' own layers, the ensemble left alone.

    Its kernels are the member's, `W ∘ (r_i s_iᵀ)` (Wen et al., ICLR 2020), its biases and norms
    the member's own. It takes examples `(B, ...)` and gives `(B, ..., C)`, equal to `[:, member]`
    of the ensemble. It saves, loads and exports without this package, as far as the body's other
    layers do.

    Args:
        model: `EnsembleModel` around a functional or Sequential body, of `to_batch_ensemble` or
            written by hand.
        member: Index of the member, 0 to M - 1.

    Returns:
        A functional `keras.Model`, not compiled.

    Raises:
        ValueError: There is no such member, `model` is no `EnsembleModel`, its body is of another
            kind, or it holds a layer of members that no rule knows.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> ensemble = be_keras.convert.to_batch_ensemble(model, 4)
        >>> type(be_keras.convert.extract_member(ensemble, 0).layers[-1]).__name__
        'Dense'
    """
    if not isinstance(model, EnsembleModel):
        raise ValueError(
            "`extract_member` takes an EnsembleModel, which knows what its members are. Received: "
            f"{type(model).__name__} {getattr(model, 'name', model)!r}"
        )
    integral = isinstance(member, Integral) and not isinstance(member, bool)
    if not integral or not 0 <= member < model.ensemble_size:
        raise ValueError(
            f"`member` must be an integer from 0 to {model.ensemble_size - 1}, as {model.name!r} "
            f"has {model.ensemble_size} members. Received: member={member!r}"
        )
    return rebuild(model.body, _Extraction(int(member)))


class _Extraction(Counterparts):
    """Calls, for each layer of the body, the ordinary layer that one member is."""

    def __init__(self, member: int) -> None:
        super().__init__(self._plain_layer)
        self.member = member
        self.output_sides = Counterparts(self._output_side)

    def __call__(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, TileMembers):
            return keras.tree.flatten((args, kwargs))[0]
        if isinstance(layer, EmbeddingBatchEnsemble):
            # One embedding, called both ways, becomes two layers.
            reverse = args[1] if len(args) > 1 else kwargs.get("reverse", False)
            if reverse:
                return self.output_sides(layer, args[0])
        elif isinstance(layer, MemberLayer) and args and keras.utils.is_keras_tensor(args[0]):
            # Layers of members take integers as floats; not all of Keras' own do.
            if not keras.backend.is_float_dtype(args[0].dtype):
                args = (keras.ops.cast(args[0], layer.compute_dtype), *args[1:])
        return super().__call__(layer, *args, **kwargs)

    def _plain_layer(self, layer: Any) -> Any:
        if not isinstance(layer, keras.Layer):
            return None
        rule = rule_of_members(layer)
        return None if rule is None else rule.to_plain(layer, self.member)

    def _output_side(self, layer: Any) -> Any:
        dense = keras.layers.Dense(
            layer.input_dim, name=f"{layer.name}_output", dtype=layer.dtype_policy
        )
        return dense, lambda dense: assign_by_path(dense, fold_output_side(layer, self.member))

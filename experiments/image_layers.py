"""Layers in which members share or own otherwise: a shared bias, independent heads."""

import keras
from keras import ops

import be_keras
from be_keras import initializers
from be_keras.layers.base import per_member
from be_keras.members import check_ensemble_size, check_rows, merge_members, split_members
from be_keras.roles import BIAS, HEAD, set_role
from vision.models.layer_factory import BatchEnsembleLayerFactory


class VariedLayers(BatchEnsembleLayerFactory):
    """A layer factory of other heads and biases.

    Args:
        *args, **kwargs: As in `BatchEnsembleLayerFactory`.
        heads: "members": a BatchEnsemble layer. "independent": a kernel for each member.
            "shared": one plain layer for all.
        biases: Of all layers but the head: "members" or "shared".
    """

    def __init__(self, *args, heads="members", biases="members", **kwargs):
        super().__init__(*args, **kwargs)
        self.heads, self.biases = heads, biases

    def dense(self, units, activation=None, first=False, name=None):
        if self.biases == "members":
            return super().dense(units, activation, first, name)
        product = be_keras.DenseBatchEnsemble(
            units,
            use_bias=False,
            kernel_initializer="he_normal",
            name="product",
            **self._fast(first),
        )
        return _with_shared_bias(product, activation, name)

    def conv(
        self, filters, size=3, strides=1, activation=None, use_bias=True, first=False, name=None
    ):
        if self.biases == "members" or not use_bias:
            return super().conv(filters, size, strides, activation, use_bias, first, name)
        product = super().conv(filters, size, strides, None, False, first, "product")
        return _with_shared_bias(product, activation, name)

    def head(self, classes, name=None):
        if self.heads == "shared":
            return keras.layers.Dense(classes, name=name)
        if self.heads == "independent":
            return SeparateDense(classes, ensemble_size=self.ensemble_size, name=name)
        return super().head(classes, name)


def _with_shared_bias(product, activation, name):
    layers = [product, SharedBias(name="bias"), keras.layers.Activation(activation)]
    return keras.Sequential(layers, name=name)


@keras.saving.register_keras_serializable(package="be_vision")
class SharedBias(keras.layers.Layer):
    """Adds one bias `(D,)` to the last axis of rows `(B * M, ..., D)`, the same for all members."""

    def build(self, input_shape):
        self.bias = self.add_weight(name="bias", shape=(input_shape[-1],), initializer="zeros")
        set_role(self.bias, BIAS)

    def call(self, inputs):
        return inputs + self.bias

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="be_vision")
class SeparateDense(keras.layers.Layer):
    """M dense layers with nothing in common, in one product.

    Takes rows `(B * M, D)` and gives `(B * M, units)`. Weights: `kernel (M, D, units)` of role
    head, each member's drawn by itself as in `keras.layers.Dense`, and `bias (M, units)`.

    Args:
        units: Width of the output.
        ensemble_size: Number of members M.

    Raises:
        ValueError: `ensemble_size` is no positive integer, or the rows are no multiple of it.
    """

    def __init__(self, units, *, ensemble_size, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.ensemble_size = check_ensemble_size(ensemble_size)

    def build(self, input_shape):
        members = self.ensemble_size
        self.kernel = self.add_weight(
            name="kernel", shape=(members, input_shape[-1], self.units), initializer=_of_each
        )
        self.bias = self.add_weight(name="bias", shape=(members, self.units), initializer="zeros")
        set_role(self.kernel, HEAD)
        set_role(self.bias, BIAS)
        self.input_spec = keras.layers.InputSpec(ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs):
        check_rows(inputs.shape, self.ensemble_size, f"SeparateDense {self.name!r}")
        members = split_members(inputs, self.ensemble_size)  # (B, M, D)
        outputs = merge_members(ops.einsum("bmd,mdc->bmc", members, self.kernel))
        return per_member(ops.add, outputs, self.bias, self.ensemble_size)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "ensemble_size": self.ensemble_size,
        }


def _of_each(shape, dtype=None):
    """Draw the kernel of every member by itself: together their fans would count as one."""
    glorot = keras.initializers.GlorotUniform()
    draws = [initializers.fresh(glorot)(shape[1:], dtype) for _ in range(shape[0])]
    return ops.stack(draws)

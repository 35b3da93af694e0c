"""Two layers for the alternatives to what members hold: one bias for all, a head for each."""

import keras
from keras import ops

from be_keras import initializers
from be_keras.layers.base import per_member
from be_keras.members import check_ensemble_size, check_rows, merge_members, split_members
from be_keras.roles import BIAS, HEAD, set_role


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

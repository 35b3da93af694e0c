"""DenseBatchEnsemble: M dense layers for nearly the weights of one, on rows of any rank."""

from typing import Any

import keras
from keras import activations, constraints, ops, regularizers

from be_keras.layers.base import BatchEnsembleLayer
from be_keras.types import Activation, Config, Constraint, Initializer, Regularizer, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class DenseBatchEnsemble(BatchEnsembleLayer):
    """Dense layer of M members: `act(((x ∘ r_i) W) ∘ s_i + b_i)` (Wen et al., ICLR 2020).

    Takes rows `(B * M, ..., D)` in example-major order and gives `(B * M, ..., units)` in the
    compute dtype. Weights: `kernel (D, units)` shared, `r (M, D)`, `s (M, units)`,
    `bias (M, units)`.

    Args:
        units: Width of the output.
        activation, ..., bias_constraint: As in `keras.layers.Dense`, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: `units` or `ensemble_size` is no positive integer, the last axis is unknown,
            or the rows are no multiple of the ensemble size.

    Examples:
        >>> layer = be_keras.DenseBatchEnsemble(4, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 3), "float32")).shape)
        (6, 4)
    """

    def __init__(
        self,
        units: int,
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        *,
        ensemble_size: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            ensemble_size=ensemble_size, activity_regularizer=activity_regularizer, **kwargs
        )
        if isinstance(units, bool) or not isinstance(units, int) or units < 1:
            raise ValueError(f"`units` must be a positive integer. Received: units={units!r}")
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Shape) -> None:
        width = input_shape[-1]
        if len(input_shape) < 2 or width is None:
            raise ValueError(
                f"{type(self).__name__} expects rows (B * M, ..., D) with a known last axis. "
                f"Received shape {tuple(input_shape)}."
            )
        self.kernel = self.add_shared_weight(
            "kernel",
            (width, self.units),
            self.kernel_initializer,
            self.kernel_regularizer,
            self.kernel_constraint,
        )
        self.add_fast_weights((width,), (self.units,))
        self.bias = None
        if self.use_bias:
            self.bias = self.add_member_bias(
                (self.units,), self.bias_initializer, self.bias_regularizer, self.bias_constraint
            )
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: width})

    def call(self, inputs: Tensor) -> Tensor:
        outputs = self.scale(self.float_rows(inputs), self.r)
        outputs = ops.matmul(outputs, self.kernel)
        outputs = self.scale(outputs, self.s)
        if self.bias is not None:
            outputs = self.shift(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape: Shape) -> tuple[Any, ...]:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }

"""LayerNormalizationBatchEnsemble: layer normalisation with a scale and shift per member."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from be_keras.layers.base_normalization import MemberNormalization
from be_keras.types import Config, Constraint, Initializer, Regularizer, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class LayerNormalizationBatchEnsemble(MemberNormalization):
    """Layer normalisation (Ba et al., 2016) with `gamma (M, ...)` and `beta (M, ...)`.

    Takes rows `(B * M, ...)` and gives rows of the same shape. Mean and variance are taken in
    float32 at least.

    Args:
        axis: Axis or axes to normalise over; -1 by default.
        epsilon: Added to the variance.
        center, ..., gamma_constraint: As in `keras.layers.LayerNormalization`, in its order.
        ensemble_size: Number of members M.

    Raises:
        ValueError: A normalised axis is the batch or has no known size, `ensemble_size` is no
            positive integer, or the rows are no multiple of it.

    Examples:
        >>> layer = be_keras.LayerNormalizationBatchEnsemble(ensemble_size=2)
        >>> tuple(layer(np.ones((6, 5, 3), "float32")).shape)
        (6, 5, 3)
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None,
        beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None,
        *,
        ensemble_size: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            ensemble_size=ensemble_size,
            **kwargs,
        )
        self.axis = [axis] if isinstance(axis, int) else list(axis)

    def build(self, input_shape: Shape) -> None:
        rank = len(input_shape)
        axes = sorted({axis % rank for axis in self.axis if -rank <= axis < rank})
        sizes = tuple(input_shape[axis] for axis in axes)
        if len(axes) != len(self.axis) or 0 in axes or None in sizes:
            raise ValueError(
                "`axis` must name axes of known size other than the batch, each once. Received "
                f"axis={self.axis} for rows of shape {tuple(input_shape)}."
            )
        self.add_scale_and_shift(sizes)

    def call(self, inputs: Tensor) -> Tensor:
        axes = sorted(axis % len(inputs.shape) for axis in self.axis)
        rows = self.in_full_precision(inputs)
        centered = rows - ops.mean(rows, axes, keepdims=True)
        variance = ops.mean(ops.square(centered), axes, keepdims=True)
        return self.scale_and_shift(centered * ops.rsqrt(variance + self.epsilon), axes)

    def get_config(self) -> Config:
        return {**super().get_config(), "axis": self.axis}

"""GroupNormalizationBatchEnsemble: group normalisation with a scale and shift per member."""

from typing import Any

import keras
from keras import ops

from be_keras.layers.base_normalization import MemberNormalization
from be_keras.types import Config, Constraint, Initializer, Regularizer, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class GroupNormalizationBatchEnsemble(MemberNormalization):
    """Group normalisation (Wu & He, 2018) with `gamma (M, C)` and `beta (M, C)`.

    Takes rows `(B * M, ..., C)` and gives rows of the same shape. Each row is normalised over
    all its places and the channels of one group. Mean and variance are taken in float32 at
    least.

    Args:
        groups: Number of groups of channels; -1 makes each channel a group.
        axis: Axis of the channels.
        epsilon, ..., gamma_constraint: As in `keras.layers.GroupNormalization`, in its order.
        ensemble_size: Number of members M.

    Raises:
        ValueError: `groups` does not divide the channels, `axis` is the batch or of unknown
            size, or the rows are no multiple of the ensemble size.

    Examples:
        >>> layer = be_keras.GroupNormalizationBatchEnsemble(2, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 8, 4), "float32")).shape)
        (6, 8, 4)
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
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
        integral = isinstance(groups, int) and not isinstance(groups, bool)
        if not integral or (groups < 1 and groups != -1):
            raise ValueError(
                "`groups` must be a positive integer, or -1 for one group a channel. "
                f"Received: groups={groups!r}"
            )
        self.groups = groups
        self.axis = axis

    def build(self, input_shape: Shape) -> None:
        channels = self.check_channels(input_shape, self.axis)
        if channels % self.groups:
            raise ValueError(
                "`groups` must divide the number of channels. Received: "
                f"groups={self.groups}, channels={channels}"
            )
        self.add_scale_and_shift((channels,))
        self.input_spec = keras.layers.InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs: Tensor) -> Tensor:
        rows = self.in_full_precision(inputs)
        axis = self.axis % len(rows.shape)
        groups = rows.shape[axis] if self.groups == -1 else self.groups
        shape = ops.shape(rows)
        size = rows.shape[axis] // groups
        # (B * M, ..., C) -> (B * M, ..., groups, C / groups)
        grouped = ops.reshape(rows, (*shape[:axis], groups, size, *shape[axis + 1 :]))
        axes = [a for a in range(1, len(grouped.shape)) if a != axis]
        centered = grouped - ops.mean(grouped, axes, keepdims=True)
        variance = ops.mean(ops.square(centered), axes, keepdims=True)
        normalised = centered * ops.rsqrt(variance + self.epsilon)
        return self.scale_and_shift(ops.reshape(normalised, shape), (axis,))

    def get_config(self) -> Config:
        return {**super().get_config(), "groups": self.groups, "axis": self.axis}

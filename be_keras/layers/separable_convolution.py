"""SeparableConv1D and SeparableConv2D of M members: depthwise, then pointwise."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from be_keras.layers.base_convolution import BatchEnsembleConvolution
from be_keras.layers.convolution_arguments import positive_integer
from be_keras.types import Activation, Config, Constraint, Initializer, Regularizer, Shape, Tensor


class BatchEnsembleSeparableConv(BatchEnsembleConvolution):
    """Separable convolution of M members (Wen et al., ICLR 2020), of its children's rank.

    A member's depthwise kernel is `D ∘ r_i`, scaled by input channel, and its pointwise kernel
    `P ∘ (q_i s_iᵀ)`, scaled from both sides. Nothing stands between the two kernels, so one
    fast weight `q` there is as much as an s of the first and an r of the second.

    Takes rows `(B * M, *space, C)` and gives `(B * M, *space', filters)` in the compute dtype;
    with `data_format="channels_first"` channels are axis 1. Weights, with D for
    `depth_multiplier`: `depthwise_kernel (*kernel_size, C, D)` and
    `pointwise_kernel (1, .., C * D, filters)` shared, `r (M, C)`, `q (M, C * D)`,
    `s (M, filters)`, `bias (M, filters)`. `q` is made like `r`.

    Args:
        filters: Number of output channels.
        kernel_size, ..., bias_constraint: As in Keras' layer, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: An option has no such value, or the rows do not fit the layer.
    """

    parts = ("depthwise", "pointwise", "bias")

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        pointwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None,
        pointwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
        pointwise_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        *,
        ensemble_size: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            depthwise_initializer=depthwise_initializer,
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
            ensemble_size=ensemble_size,
            **kwargs,
        )
        self.filters = positive_integer("filters", filters)
        self.depth_multiplier = positive_integer("depth_multiplier", depth_multiplier)

    def kernel_shape(self, channels: int) -> tuple[int, ...]:
        return (*self.kernel_size, channels, self.depth_multiplier)

    def add_kernels(self, channels: int) -> None:
        inner = channels * self.depth_multiplier
        self.depthwise_kernel = self.add_part(
            "depthwise_kernel", "depthwise", self.kernel_shape(channels)
        )
        self.pointwise_kernel = self.add_part(
            "pointwise_kernel", "pointwise", (*[1] * self.rank, inner, self.filters)
        )
        self.q = self.add_fast_weight("q", (inner,), stream=2)

    def middle(self, inputs: Tensor) -> Tensor:
        outputs = self.convolve(inputs, self.depthwise_kernel)
        outputs = self.scale(outputs, self.q, (self.channel_axis,))
        return ops.conv(outputs, self.pointwise_kernel, data_format=self.data_format)

    def folded_middle(self, rows: Tensor, member: int) -> Tensor:
        modulation = ops.reshape(self.q[member], (-1, self.depth_multiplier))
        modulation = ops.expand_dims(self.r[member], 1) * modulation
        outputs = self.convolve(rows, self.depthwise_kernel * modulation)
        pointwise = self.pointwise_kernel * self.s[member]
        return ops.conv(outputs, pointwise, data_format=self.data_format)

    def convolve(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        return ops.depthwise_conv(
            inputs, kernel, self.strides, self.padding, self.data_format, self.dilation_rate
        )

    def compute_output_shape(self, input_shape: Shape) -> tuple[Any, ...]:
        shape = list(super().compute_output_shape(input_shape))
        shape[self.channel_axis] = self.filters
        return tuple(shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "depth_multiplier": self.depth_multiplier,
        }


@keras.saving.register_keras_serializable(package="be_keras")
class SeparableConv1DBatchEnsemble(BatchEnsembleSeparableConv):
    """1D separable convolution of M members: rows `(B * M, T, C)` to `(B * M, T', filters)`.

    Arguments, weights and errors as in `BatchEnsembleSeparableConv`.

    Examples:
        >>> layer = be_keras.SeparableConv1DBatchEnsemble(4, 3, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 8, 2), "float32")).shape)
        (6, 6, 4)
    """

    rank = 1


@keras.saving.register_keras_serializable(package="be_keras")
class SeparableConv2DBatchEnsemble(BatchEnsembleSeparableConv):
    """2D separable convolution of M members: `(B * M, H, W, C)` to `(B * M, H', W', filters)`.

    Arguments, weights and errors as in `BatchEnsembleSeparableConv`.

    Examples:
        >>> layer = be_keras.SeparableConv2DBatchEnsemble(4, 3, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 8, 8, 2), "float32")).shape)
        (6, 6, 6, 4)
    """

    rank = 2

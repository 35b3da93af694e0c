"""DepthwiseConv1D and DepthwiseConv2D of M members: every channel has a window of its own."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from be_keras.layers.base_convolution import BatchEnsembleConvolution
from be_keras.layers.convolution_arguments import positive_integer
from be_keras.types import Activation, Config, Constraint, Initializer, Regularizer, Tensor


class BatchEnsembleDepthwiseConv(BatchEnsembleConvolution):
    """Depthwise convolution of M members (Wen et al., ICLR 2020), of its children's rank.

    Takes rows `(B * M, *space, C)` and gives `(B * M, *space', C * depth_multiplier)` in the
    compute dtype; with `data_format="channels_first"` channels are axis 1. Weights:
    `kernel (*kernel_size, C, depth_multiplier)` shared, `r (M, C)`,
    `s (M, C * depth_multiplier)`, `bias (M, C * depth_multiplier)`. Nothing mixes channels, so
    a member scales each of its windows by one number, `r_i[c] s_i[c, d]`.

    Args:
        kernel_size, ..., bias_constraint: As in Keras' layer, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: An option has no such value, or the rows do not fit the layer.
    """

    parts = ("depthwise", "bias")

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        depthwise_constraint: Constraint = None,
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
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
            ensemble_size=ensemble_size,
            **kwargs,
        )
        self.depth_multiplier = positive_integer("depth_multiplier", depth_multiplier)

    def kernel_shape(self, channels: int) -> tuple[int, ...]:
        return (*self.kernel_size, channels, self.depth_multiplier)

    def member_kernel(self, kernel: Tensor, r: Tensor, s: Tensor) -> Tensor:
        return kernel * (ops.expand_dims(r, 1) * ops.reshape(s, (-1, self.depth_multiplier)))

    def convolve(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        return ops.depthwise_conv(
            inputs, kernel, self.strides, self.padding, self.data_format, self.dilation_rate
        )

    def get_config(self) -> Config:
        return {**super().get_config(), "depth_multiplier": self.depth_multiplier}


@keras.saving.register_keras_serializable(package="be_keras")
class DepthwiseConv1DBatchEnsemble(BatchEnsembleDepthwiseConv):
    """1D depthwise convolution of M members, on rows `(B * M, T, C)`.

    Arguments, weights and errors as in `BatchEnsembleDepthwiseConv`.

    Examples:
        >>> layer = be_keras.DepthwiseConv1DBatchEnsemble(3, depth_multiplier=2, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 8, 2), "float32")).shape)
        (6, 6, 4)
    """

    rank = 1


@keras.saving.register_keras_serializable(package="be_keras")
class DepthwiseConv2DBatchEnsemble(BatchEnsembleDepthwiseConv):
    """2D depthwise convolution of M members, on rows `(B * M, H, W, C)`.

    Arguments, weights and errors as in `BatchEnsembleDepthwiseConv`.

    Examples:
        >>> layer = be_keras.DepthwiseConv2DBatchEnsemble(3, depth_multiplier=2, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 8, 8, 2), "float32")).shape)
        (6, 6, 6, 4)
    """

    rank = 2

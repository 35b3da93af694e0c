"""DepthwiseConv1D and DepthwiseConv2D of M members: every channel has a window of its own."""

import keras
from keras import ops

from be_keras.layers.base_convolution import BatchEnsembleConvolution
from be_keras.layers.convolution_arguments import positive_integer


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
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        *,
        ensemble_size,
        **kwargs,
    ):
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

    def kernel_shape(self, channels):
        return (*self.kernel_size, channels, self.depth_multiplier)

    def member_kernel(self, kernel, r, s):
        return kernel * (ops.expand_dims(r, 1) * ops.reshape(s, (-1, self.depth_multiplier)))

    def convolve(self, inputs, kernel):
        return ops.depthwise_conv(
            inputs, kernel, self.strides, self.padding, self.data_format, self.dilation_rate
        )

    def get_config(self):
        return {**super().get_config(), "depth_multiplier": self.depth_multiplier}


@keras.saving.register_keras_serializable(package="be_keras")
class DepthwiseConv1DBatchEnsemble(BatchEnsembleDepthwiseConv):
    """1D depthwise convolution of M members, on rows `(B * M, T, C)`.

    Arguments, weights and errors as in `BatchEnsembleDepthwiseConv`.
    """

    rank = 1


@keras.saving.register_keras_serializable(package="be_keras")
class DepthwiseConv2DBatchEnsemble(BatchEnsembleDepthwiseConv):
    """2D depthwise convolution of M members, on rows `(B * M, H, W, C)`.

    Arguments, weights and errors as in `BatchEnsembleDepthwiseConv`.
    """

    rank = 2

"""Conv1D, Conv2D and Conv3D of M members for nearly the weights of one."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from be_keras.layers.base_convolution import BatchEnsembleConvolution
from be_keras.layers.convolution_arguments import positive_integer, refuse_dilated_strides
from be_keras.types import Activation, Config, Constraint, Initializer, Regularizer, Shape, Tensor


class BatchEnsembleConv(BatchEnsembleConvolution):
    """Convolution of M members (Wen et al., ICLR 2020), of the rank that its children say.

    Takes rows `(B * M, *space, C)` and gives `(B * M, *space', filters)` in the compute dtype;
    with `data_format="channels_first"` channels are axis 1. Weights:
    `kernel (*kernel_size, C / groups, filters)` shared, `r (M, C)`, `s (M, filters)`,
    `bias (M, filters)`.

    Args:
        filters: Number of output channels.
        kernel_size, ..., bias_constraint: As in Keras' layer, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: An option has no such value, `groups` divides not both channels and filters,
            strides meet dilation, or the rows do not fit the layer.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
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
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            ensemble_size=ensemble_size,
            **kwargs,
        )
        self.filters = positive_integer("filters", filters)
        self.groups = positive_integer("groups", groups)
        self.check_groups("filters", self.filters)
        refuse_dilated_strides(self.strides, self.dilation_rate)

    def kernel_shape(self, channels: int) -> tuple[int, ...]:
        self.check_groups("channels", channels)
        return (*self.kernel_size, channels // self.groups, self.filters)

    def convolve(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        padding = self.padding
        if padding == "causal":
            reach = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            widths = [[0, 0], [reach, 0], [0, 0]]
            if self.channel_axis == 1:
                widths = [[0, 0], [0, 0], [reach, 0]]
            inputs, padding = ops.pad(inputs, widths), "valid"
        return ops.conv(
            inputs, kernel, list(self.strides), padding, self.data_format, self.dilation_rate
        )

    def member_kernel(self, kernel: Tensor, r: Tensor, s: Tensor) -> Tensor:
        # r (C) varies over what the groups of filters see: (C / groups, filters).
        r = ops.transpose(ops.reshape(r, (self.groups, -1)))
        return kernel * ops.repeat(r, self.filters // self.groups, axis=1) * s

    def compute_output_shape(self, input_shape: Shape) -> tuple[Any, ...]:
        kernel_shape = self.kernel_shape(self.check_input_shape(input_shape))
        # The symbolic `ops.conv` knows no groups: it is shown the channels of one.
        one_group = list(input_shape)
        one_group[self.channel_axis] = kernel_shape[-2]
        return self.symbolic_shape(one_group, kernel_shape)

    def check_groups(self, name: str, count: int) -> None:
        """Raise ValueError if `groups` does not divide so many channels or filters."""
        if count % self.groups:
            raise ValueError(
                f"`groups` must divide the number of {name}. Received: groups={self.groups}, "
                f"{name}={count}"
            )

    def get_config(self) -> Config:
        return {**super().get_config(), "filters": self.filters, "groups": self.groups}


@keras.saving.register_keras_serializable(package="be_keras")
class Conv1DBatchEnsemble(BatchEnsembleConv):
    """1D convolution of M members: rows `(B * M, T, C)` to `(B * M, T', filters)`.

    Arguments, weights and errors as in `BatchEnsembleConv`; `padding` may be "causal" too.

    Examples:
        >>> layer = be_keras.Conv1DBatchEnsemble(4, 3, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 8, 2), "float32")).shape)
        (6, 6, 4)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@keras.saving.register_keras_serializable(package="be_keras")
class Conv2DBatchEnsemble(BatchEnsembleConv):
    """2D convolution of M members: rows `(B * M, H, W, C)` to `(B * M, H', W', filters)`.

    Arguments, weights and errors as in `BatchEnsembleConv`.

    Examples:
        >>> layer = be_keras.Conv2DBatchEnsemble(4, 3, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 8, 8, 2), "float32")).shape)
        (6, 6, 6, 4)
    """

    rank = 2


@keras.saving.register_keras_serializable(package="be_keras")
class Conv3DBatchEnsemble(BatchEnsembleConv):
    """3D convolution of M members: rows `(B * M, X, Y, Z, C)` to `(B * M, X', Y', Z', filters)`.

    Arguments, weights and errors as in `BatchEnsembleConv`.

    Examples:
        >>> layer = be_keras.Conv3DBatchEnsemble(4, 3, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 4, 4, 4, 2), "float32")).shape)
        (6, 2, 2, 2, 4)
    """

    rank = 3

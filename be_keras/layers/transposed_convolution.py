"""Conv1DTranspose, Conv2DTranspose and Conv3DTranspose of M members."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from be_keras.layers.base_convolution import BatchEnsembleConvolution
from be_keras.layers.convolution_arguments import (
    one_for_each_axis,
    positive_integer,
    refuse_dilated_strides,
)
from be_keras.types import Activation, Config, Constraint, Initializer, Regularizer, Tensor


class BatchEnsembleConvTranspose(BatchEnsembleConvolution):
    """Transposed convolution of M members (Wen et al., ICLR 2020), of its children's rank.

    Takes rows `(B * M, *space, C)` and gives `(B * M, *space', filters)` in the compute dtype;
    with `data_format="channels_first"` channels are axis 1. Weights:
    `kernel (*kernel_size, filters, C)` shared, `r (M, C)`, `s (M, filters)`,
    `bias (M, filters)`.

    Args:
        filters: Number of output channels.
        kernel_size, ..., bias_constraint: As in Keras' layer, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: An option has no such value, `output_padding` is not below the strides,
            strides meet dilation, or the rows do not fit the layer.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        output_padding: int | Sequence[int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
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
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = one_for_each_axis(
                "output_padding", output_padding, self.rank, least=0
            )
            if any(p >= s for p, s in zip(self.output_padding, self.strides, strict=True)):
                raise ValueError(
                    "`output_padding` must be below the strides on every axis. Received: "
                    f"output_padding={self.output_padding}, strides={self.strides}"
                )
        refuse_dilated_strides(self.strides, self.dilation_rate)

    def kernel_shape(self, channels: int) -> tuple[int, ...]:
        return (*self.kernel_size, self.filters, channels)

    def member_kernel(self, kernel: Tensor, r: Tensor, s: Tensor) -> Tensor:
        return kernel * (ops.expand_dims(s, 1) * r)

    def convolve(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        return ops.conv_transpose(
            inputs,
            kernel,
            list(self.strides),
            self.padding,
            self.output_padding,
            self.data_format,
            self.dilation_rate,
        )

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "output_padding": self.output_padding,
        }


@keras.saving.register_keras_serializable(package="be_keras")
class Conv1DTransposeBatchEnsemble(BatchEnsembleConvTranspose):
    """1D transposed convolution of M members: rows `(B * M, T, C)` to `(B * M, T', filters)`.

    Arguments, weights and errors as in `BatchEnsembleConvTranspose`.

    Examples:
        >>> layer = be_keras.Conv1DTransposeBatchEnsemble(4, 2, strides=2, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 4, 2), "float32")).shape)
        (6, 8, 4)
    """

    rank = 1


@keras.saving.register_keras_serializable(package="be_keras")
class Conv2DTransposeBatchEnsemble(BatchEnsembleConvTranspose):
    """2D transposed convolution of M members: `(B * M, H, W, C)` to `(B * M, H', W', filters)`.

    Arguments, weights and errors as in `BatchEnsembleConvTranspose`.

    Examples:
        >>> layer = be_keras.Conv2DTransposeBatchEnsemble(4, 2, strides=2, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 4, 4, 2), "float32")).shape)
        (6, 8, 8, 4)
    """

    rank = 2


@keras.saving.register_keras_serializable(package="be_keras")
class Conv3DTransposeBatchEnsemble(BatchEnsembleConvTranspose):
    """3D transposed convolution of M members, on rows `(B * M, X, Y, Z, C)`.

    Arguments, weights and errors as in `BatchEnsembleConvTranspose`.

    Examples:
        >>> layer = be_keras.Conv3DTransposeBatchEnsemble(4, 2, strides=2, ensemble_size=2)
        >>> tuple(layer(np.ones((6, 2, 2, 2, 2), "float32")).shape)
        (6, 4, 4, 4, 4)
    """

    rank = 3

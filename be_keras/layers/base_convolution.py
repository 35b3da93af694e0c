"""The body that convolutions of every rank and kind share: scale, convolve, scale, shift.

A member's kernel is W ∘ (r_i s_iᵀ) over input and output channels, the same at every place of the
window: the two scalings therefore stand outside the convolution (Wen, Tran and Ba, ICLR 2020).
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import activations, constraints, ops, regularizers

from be_keras.layers.base import BatchEnsembleLayer
from be_keras.layers.convolution_arguments import one_for_each_axis, one_of
from be_keras.layers.folding import folding_pays, for_each_member
from be_keras.roles import HEAD, SHARED, role_of
from be_keras.types import Activation, Config, Shape, Tensor

SETTINGS = {
    "initializer": keras.initializers,
    "regularizer": regularizers,
    "constraint": constraints,
}


class BatchEnsembleConvolution(BatchEnsembleLayer):
    """Base of the convolutions of M members: `act(conv(x ∘ r_i, W) ∘ s_i + b_i)`.

    A kind of convolution adds `kernel_shape(channels)`, `member_kernel(kernel, r, s)`, which
    folds the fast weights of one member into the kernel, and `convolve(inputs, kernel)`, which
    takes symbolic tensors as well. A layer adds its `rank`, the number of axes of its window. As
    in Keras, masks end here: steps in and steps out differ.

    Args:
        kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias: As in
            Keras' convolutions.
        **kwargs: For each of `parts` its initialiser, regulariser and constraint, and what
            `BatchEnsembleLayer` takes.

    Raises:
        ValueError: An option has no such value, or the rows do not fit the layer.
    """

    rank: int
    paddings: tuple[str, ...] = ("valid", "same")
    parts: tuple[str, ...] = ("kernel", "bias")

    def __init__(
        self,
        *,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int],
        padding: str,
        data_format: str | None,
        dilation_rate: int | Sequence[int],
        activation: Activation,
        use_bias: bool,
        **kwargs: Any,
    ) -> None:
        settings = {f"{part}_{kind}": kind for part in self.parts for kind in SETTINGS}
        values = {name: kwargs.pop(name) for name in settings}
        super().__init__(**kwargs)
        for name, kind in settings.items():
            setattr(self, name, SETTINGS[kind].get(values[name]))
        self.kernel_size = one_for_each_axis("kernel_size", kernel_size, self.rank)
        self.strides = one_for_each_axis("strides", strides, self.rank)
        self.dilation_rate = one_for_each_axis("dilation_rate", dilation_rate, self.rank)
        self.padding = one_of("padding", str(padding).lower(), self.paddings)
        self.data_format = one_of(
            "data_format",
            data_format or keras.config.image_data_format(),
            ("channels_last", "channels_first"),
        )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.supports_masking = False
        self.input_spec = keras.layers.InputSpec(ndim=self.rank + 2)

    @property
    def channel_axis(self) -> int:
        """Axis of the channels in inputs and outputs."""
        return -1 if self.data_format == "channels_last" else 1

    def build(self, input_shape: Shape) -> None:
        channels = self.check_input_shape(input_shape)
        filters = self.compute_output_shape(input_shape)[self.channel_axis]
        self.add_kernels(channels)
        self.add_fast_weights((channels,), (filters,))
        self.add_bias(filters)
        self.input_spec = keras.layers.InputSpec(
            ndim=self.rank + 2, axes={self.channel_axis: channels}
        )

    def add_kernels(self, channels: int) -> None:
        """Make the weights of `middle`."""
        self.kernel = self.add_part("kernel", self.parts[0], self.kernel_shape(channels))

    def add_part(self, name: str, part: str, shape: Shape) -> keras.Variable:
        """Make a shared kernel with the settings of one of `parts`."""
        settings = (getattr(self, f"{part}_{kind}") for kind in SETTINGS)
        return self.add_shared_weight(name, shape, *settings)

    def add_bias(self, filters: int) -> None:
        """Make `bias (M, filters)` if there is to be one."""
        settings = (getattr(self, f"bias_{kind}") for kind in SETTINGS)
        self.bias = self.add_member_bias((filters,), *settings) if self.use_bias else None

    def call(self, inputs: Tensor) -> Tensor:
        inputs = self.float_rows(inputs)
        if inputs.shape[0] == 0:
            # TensorFlow's convolutions on CPU give no rows the shape that they came in.
            return ops.zeros(self.compute_output_shape(inputs.shape), self.compute_dtype)
        if self.folds(tuple(inputs.shape)):
            outputs = for_each_member(self.fold_member, inputs, self.ensemble_size)
            return self.activation(outputs)
        outputs = self.scale(inputs, self.r, (self.channel_axis,))
        outputs = self.middle(outputs)
        outputs = self.scale(outputs, self.s, (self.channel_axis,))
        if self.bias is not None:
            outputs = self.shift(outputs, self.bias, (self.channel_axis,))
        return self.activation(outputs)

    def middle(self, inputs: Tensor) -> Tensor:
        """What stands between r and s."""
        return self.convolve(inputs, self.kernel)

    def folds(self, input_shape: Shape) -> bool:
        """Whether each member convolves with a kernel of its own; see `folding_pays`."""
        output_shape = self.compute_output_shape(input_shape)
        kernels = [math.prod(w.shape) for w in self.weights if role_of(w) in (SHARED, HEAD)]
        return folding_pays(input_shape, output_shape, kernels, self.ensemble_size)

    def fold_member(self, rows: Tensor, member: int) -> Tensor:
        """What one member makes of its rows `(B, ...)`, without the activation."""
        outputs = self.folded_middle(rows, member)
        if self.bias is None:
            return outputs
        shape = [1] * len(outputs.shape)
        shape[self.channel_axis] = -1
        return outputs + ops.reshape(self.bias[member], shape)

    def folded_middle(self, rows: Tensor, member: int) -> Tensor:
        """`middle` with r and s of one member in its kernel."""
        kernel = self.member_kernel(self.kernel, self.r[member], self.s[member])
        return self.convolve(rows, kernel)

    def compute_output_shape(self, input_shape: Shape) -> tuple[Any, ...]:
        channels = self.check_input_shape(input_shape)
        return self.symbolic_shape(input_shape, self.kernel_shape(channels))

    def symbolic_shape(self, input_shape: Shape, kernel_shape: Shape) -> tuple[Any, ...]:
        """Shape of what `convolve` gives for tensors of these shapes."""
        outputs = self.convolve(keras.KerasTensor(input_shape), keras.KerasTensor(kernel_shape))
        return tuple(outputs.shape)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> Tensor:
        return None

    def check_input_shape(self, input_shape: Shape) -> int:
        """Give the number of input channels; raise ValueError for rows of another form."""
        channels = input_shape[self.channel_axis] if len(input_shape) == self.rank + 2 else None
        if channels is None:
            raise ValueError(
                f"{type(self).__name__} expects rows (B * M, ...) of rank {self.rank + 2}, "
                f"{self.data_format}, with a known number of channels. Received shape "
                f"{tuple(input_shape)}."
            )
        return channels

    def get_config(self) -> Config:
        config = {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }
        for part in self.parts:
            for kind, module in SETTINGS.items():
                config[f"{part}_{kind}"] = module.serialize(getattr(self, f"{part}_{kind}"))
        return config

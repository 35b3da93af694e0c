"""EinsumDenseBatchEnsemble: a dense layer written as an einsum, for M members at once."""

import re
from collections.abc import Sequence
from typing import Any

import keras
from keras import activations, constraints, ops, regularizers

from be_keras.layers.base import BatchEnsembleLayer
from be_keras.types import Activation, Config, Constraint, Initializer, Regularizer, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class EinsumDenseBatchEnsemble(BatchEnsembleLayer):
    """Einsum dense layer of M members: `act(einsum(x ∘ r_i, W) ∘ s_i + b_i)`.

    Takes rows `(B * M, ...)` and gives rows. `r (M, ...)` varies over the input's axes that the
    kernel holds, `s (M, ...)` over the output's axes that the kernel holds and the input does
    not, so each member's kernel is `W ∘ (r_i ⊗ s_i)` (Wen et al., ICLR 2020). Biases
    `(M, ...)` belong to the members.

    Args:
        equation: Einsum of input and kernel, for example `"btd,dnh->btnh"`; the first axis of
            input and output is the batch.
        output_shape: Shape of the output without the batch axis; None where the input tells.
        activation, ..., bias_constraint: As in `keras.layers.EinsumDense`, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: The equation is not of the form above, a kernel axis has no known size, the
            bias axes are no output axes, or the rows are no multiple of the ensemble size.

    Examples:
        >>> equation = "btd,dnh->btnh"
        >>> layer = be_keras.EinsumDenseBatchEnsemble(equation, (None, 2, 4), ensemble_size=2)
        >>> tuple(layer(np.ones((6, 5, 3), "float32")).shape)
        (6, 5, 2, 4)
    """

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Activation = None,
        bias_axes: str | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        *,
        ensemble_size: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(ensemble_size=ensemble_size, **kwargs)
        self.equation = equation
        self.input_axes, self.kernel_axes, self.output_axes = parse_equation(equation)
        self.partial_output_shape = (
            (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        )
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.r_axes = [axis for axis in self.input_axes if axis in self.kernel_axes]
        self.s_axes = [
            axis
            for axis in self.output_axes
            if axis in self.kernel_axes and axis not in self.input_axes
        ]
        self.b_axes = [axis for axis in self.output_axes if axis in (bias_axes or "")]
        if bias_axes and (len(self.b_axes) != len(bias_axes) or self.output_axes[0] in bias_axes):
            raise ValueError(
                f"`bias_axes` must name axes of the output other than the batch, out of "
                f"{self.output_axes[1:]!r}. Received: bias_axes={bias_axes!r}"
            )

    def build(self, input_shape: Shape) -> None:
        sizes = self._sizes(input_shape)
        unknown = [axis for axis in self.kernel_axes if sizes.get(axis) is None]
        if unknown:
            raise ValueError(
                f"Kernel axes {unknown} of {self.equation!r} have no known size. Received input "
                f"shape {tuple(input_shape)} and output_shape {self.partial_output_shape}."
            )
        self.kernel = self.add_shared_weight(
            "kernel",
            tuple(sizes[axis] for axis in self.kernel_axes),
            self.kernel_initializer,
            self.kernel_regularizer,
            self.kernel_constraint,
        )
        self.add_fast_weights(
            tuple(sizes[axis] for axis in self.r_axes), tuple(sizes[axis] for axis in self.s_axes)
        )
        self.bias = None
        if self.b_axes:
            self.bias = self.add_member_bias(
                tuple(sizes[axis] for axis in self.b_axes),
                self.bias_initializer,
                self.bias_regularizer,
                self.bias_constraint,
            )

    def call(self, inputs: Tensor) -> Tensor:
        r_axes = [self.input_axes.index(a) for a in self.r_axes]
        outputs = self.scale(self.float_rows(inputs), self.r, r_axes)
        outputs = ops.einsum(self.equation, outputs, self.kernel)
        outputs = self.scale(outputs, self.s, [self.output_axes.index(a) for a in self.s_axes])
        if self.bias is not None:
            outputs = self.shift(
                outputs, self.bias, [self.output_axes.index(a) for a in self.b_axes]
            )
        return self.activation(outputs)

    def compute_output_shape(self, input_shape: Shape) -> tuple[Any, ...]:
        sizes = self._sizes(input_shape)
        return tuple(sizes[axis] for axis in self.output_axes)

    def _sizes(self, input_shape: Shape) -> dict[str, int | None]:
        """The size of every axis letter; None where unknown."""
        if len(input_shape) != len(self.input_axes):
            raise ValueError(
                f"{self.equation!r} takes rows of rank {len(self.input_axes)}. Received shape "
                f"{tuple(input_shape)}."
            )
        if len(self.partial_output_shape) != len(self.output_axes) - 1:
            raise ValueError(
                f"`output_shape` of {self.equation!r} must have {len(self.output_axes) - 1} "
                f"entries, the batch left out. Received: {self.partial_output_shape}"
            )
        sizes = dict(zip(self.input_axes, input_shape, strict=True))
        for axis, size in zip(self.output_axes[1:], self.partial_output_shape, strict=True):
            if sizes.get(axis) is None:
                sizes[axis] = size
            elif size not in (None, sizes[axis]):
                raise ValueError(
                    f"Axis {axis!r} of {self.equation!r} has size {sizes[axis]} in the input and "
                    f"{size} in `output_shape`. Give them the same size, or None for the latter."
                )
        return sizes

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "equation": self.equation,
            "output_shape": self.partial_output_shape,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }


def parse_equation(equation: str) -> tuple[str, str, str]:
    """Split `"btd,dnh->btnh"` into the axes of input, kernel and output.

    Raises:
        ValueError: Not one input and one kernel, a repeated letter, an ellipsis, an axis of the
            output from nowhere, or a batch axis that is not first in both input and output.
    """
    match = re.fullmatch(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)", equation.replace(" ", ""))
    inputs, kernel, output = axes = match.group(1, 2, 3) if match else ("", "", "")
    correct = (
        match
        and all(len(set(letters)) == len(letters) for letters in axes)
        and inputs[0] == output[0]
        and inputs[0] not in kernel
        and set(output) <= set(inputs) | set(kernel)
        and set(kernel) <= set(inputs) | set(output)
    )
    if not correct:
        raise ValueError(
            "`equation` must read like 'btd,dnh->btnh': one input, one kernel, each letter once "
            "in a term, the batch first in input and output and not in the kernel, no ellipsis. "
            f"Received: equation={equation!r}"
        )
    return inputs, kernel, output

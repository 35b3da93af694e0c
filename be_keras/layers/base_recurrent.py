"""What the recurrent cells of members share: their weights, and the two products of a step."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from be_keras.layers.base import BatchEnsembleLayer
from be_keras.types import Shape, Tensor


class MemberCell(BatchEnsembleLayer):
    """Base of the cells for `keras.layers.RNN`; a child names the cell of Keras before it.

    That cell gives arguments, states and dropout masks (`keras.layers.RNN` prepares masks for
    children of Keras' cells alone); this one gives member i the input kernel
    `W ∘ (r_i s_iᵀ)` and the recurrent kernel `U ∘ (r'_i s'_iᵀ)` (Wen et al., ICLR 2020). With G
    for `gates`: `kernel (D, G * units)` and `recurrent_kernel (units, G * units)` shared,
    `r (M, D)`, `s (M, G * units)`, `recurrent_r (M, units)`, `recurrent_s (M, G * units)`,
    `bias (M, ...)`. `recurrent_r` is made like `r`, and `recurrent_s` like `s`.
    """

    gates = 1

    def add_cell_weights(
        self, input_shape: Shape, bias_shape: Shape, bias_initializer: Callable[..., Tensor]
    ) -> None:
        """Make all weights of the cell.

        Args:
            input_shape: Shape of one step's rows, `(B * M, D)`.
            bias_shape: Shape of one member's bias.
            bias_initializer: From `(M, *bias_shape)` and a dtype to the bias.

        Raises:
            ValueError: The rows of a step are no `(B * M, D)` with a known D.
        """
        width = input_shape[-1]
        if len(input_shape) != 2 or width is None:
            raise ValueError(
                f"{type(self).__name__} expects steps (B * M, D) with a known D, so sequences "
                f"(B * M, T, D). Received steps of shape {tuple(input_shape)}."
            )
        columns = self.gates * self.units
        self.kernel = self.add_shared_weight(
            "kernel",
            (width, columns),
            self.kernel_initializer,
            self.kernel_regularizer,
            self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_shared_weight(
            "recurrent_kernel",
            (self.units, columns),
            self.recurrent_initializer,
            self.recurrent_regularizer,
            self.recurrent_constraint,
        )
        self.add_fast_weights((width,), (columns,))
        self.recurrent_r = self.add_fast_weight("recurrent_r", (self.units,), stream=2)
        self.recurrent_s = self.add_fast_weight("recurrent_s", (columns,), like="s", stream=3)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_member_bias(
                bias_shape, bias_initializer, self.bias_regularizer, self.bias_constraint
            )
        self.input_spec = keras.layers.InputSpec(ndim=2, axes={-1: width})

    def get_dropout_mask(self, step_input: Any) -> Tensor:
        # `keras.layers.RNN` asks for it with a step as it comes.
        return super().get_dropout_mask(self.float_rows(step_input))

    def of_inputs(self, inputs: Tensor, training: bool | None) -> Tensor:
        """The product of a step's rows `(B * M, D)` for all gates, `(B * M, G * units)`."""
        inputs = self.float_rows(inputs)
        masks = self.get_dropout_mask(inputs) if training else None
        return self._product(inputs, masks, self.kernel, self.r, self.s)

    def of_state(
        self, state: Tensor, training: bool | None, first: int = 0, last: int | None = None
    ) -> Tensor:
        """The product of a state `(B * M, units)` for the gates `first` up to `last`.

        Gives `(B * M, (last - first) * units)`; `last` itself is left out, None stands for all.
        """
        last = self.gates if last is None else last
        masks = self.get_recurrent_dropout_mask(state) if training else None
        if isinstance(masks, list):
            masks = masks[first:last]
        columns = slice(first * self.units, last * self.units)
        return self._product(
            state,
            masks,
            self.recurrent_kernel[:, columns],
            self.recurrent_r,
            self.recurrent_s[:, columns],
        )

    def _product(self, rows: Tensor, masks: Tensor, kernel: Tensor, r: Tensor, s: Tensor) -> Tensor:
        """`((rows ∘ r) kernel) ∘ s`; masks are None, one for all gates, or a list of one each."""
        rows = self.scale(rows, r)
        if isinstance(masks, list):
            parts = zip(masks, ops.split(kernel, len(masks), axis=1), strict=True)
            outputs = [ops.matmul(rows * ops.cast(mask, rows.dtype), part) for mask, part in parts]
            return self.scale(ops.concatenate(outputs, axis=-1), s)
        if masks is not None:
            rows = rows * ops.cast(masks, rows.dtype)
        return self.scale(ops.matmul(rows, kernel), s)


def first_state(states: Tensor) -> Tensor:
    """The first of the states that a cell takes, which Keras gives alone or in a list."""
    return states[0] if isinstance(states, (list, tuple)) else states


def like_states(state: Tensor, states: Tensor) -> Tensor:
    """The new state, alone or in a list as the old ones came."""
    return [state] if isinstance(states, (list, tuple)) else state

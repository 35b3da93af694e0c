"""SimpleRNN, LSTM and GRU cells of M members, for `keras.layers.RNN`."""

from typing import Any

import keras
from keras import ops

from be_keras.layers.base_recurrent import MemberCell, first_state, like_states
from be_keras.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class SimpleRNNCellBatchEnsemble(keras.layers.SimpleRNNCell, MemberCell):
    """Step of a simple recurrent network (Elman, 1990) of M members: `act(W_i x + U_i h + b_i)`.

    Takes rows `(B * M, D)` of one step and the state `h (B * M, units)`, gives the new state
    twice, as output and as state. Member kernels as in `MemberCell`, `bias (M, units)`.

    Args:
        units, ...: As in `keras.layers.SimpleRNNCell`, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: `units` or `ensemble_size` is not positive, or the rows do not fit.

    Examples:
        >>> layer = keras.layers.RNN(be_keras.SimpleRNNCellBatchEnsemble(4, ensemble_size=2))
        >>> tuple(layer(np.ones((6, 5, 3), "float32")).shape)
        (6, 4)
    """

    def __init__(self, *args: Any, ensemble_size: int, **kwargs: Any) -> None:
        super().__init__(*args, ensemble_size=ensemble_size, **kwargs)

    def build(self, input_shape: Shape) -> None:
        self.add_cell_weights(input_shape, (self.units,), self.bias_initializer)

    def call(self, inputs: Tensor, states: Tensor, training: bool | None = False) -> Tensor:
        outputs = self.of_inputs(inputs, training)
        outputs = outputs + self.of_state(first_state(states), training)
        if self.bias is not None:
            outputs = self.shift(outputs, self.bias)
        state = self.activation(outputs)
        return state, like_states(state, states)


@keras.saving.register_keras_serializable(package="be_keras")
class LSTMCellBatchEnsemble(keras.layers.LSTMCell, MemberCell):
    """Step of an LSTM (Hochreiter and Schmidhuber, 1997) of M members.

    Takes rows `(B * M, D)` of one step and the states `[h, c]`, each `(B * M, units)`, gives the
    new `h` and `[h, c]`. Member kernels as in `MemberCell`, `bias (M, 4 * units)`; the gates
    are input, forget, candidate, output.

    Args:
        units, ...: As in `keras.layers.LSTMCell`, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: `units` or `ensemble_size` is not positive, or the rows do not fit.

    Examples:
        >>> layer = keras.layers.RNN(be_keras.LSTMCellBatchEnsemble(4, ensemble_size=2))
        >>> tuple(layer(np.ones((6, 5, 3), "float32")).shape)
        (6, 4)
    """

    gates = 4

    def __init__(self, *args: Any, ensemble_size: int, **kwargs: Any) -> None:
        super().__init__(*args, ensemble_size=ensemble_size, **kwargs)

    def build(self, input_shape: Shape) -> None:
        initializer = self._forgetful_bias if self.unit_forget_bias else self.bias_initializer
        self.add_cell_weights(input_shape, (4 * self.units,), initializer)

    def _forgetful_bias(self, shape: Shape, dtype: str | None = None) -> Tensor:
        """A bias `(M, 4 * units)` whose forget gate starts at one (Jozefowicz et al., 2015)."""
        units = self.units
        return ops.concatenate(
            [
                self.bias_initializer((shape[0], units), dtype=dtype),
                ops.ones((shape[0], units), dtype=dtype),
                self.bias_initializer((shape[0], 2 * units), dtype=dtype),
            ],
            axis=-1,
        )

    def call(self, inputs: Tensor, states: Tensor, training: bool | None = False) -> Tensor:
        state, carry = states
        gates = self.of_inputs(inputs, training) + self.of_state(state, training)
        if self.bias is not None:
            gates = self.shift(gates, self.bias)
        write, keep, candidate, read = ops.split(gates, 4, axis=-1)
        carry = self.recurrent_activation(keep) * carry
        carry = carry + self.recurrent_activation(write) * self.activation(candidate)
        state = self.recurrent_activation(read) * self.activation(carry)
        return state, [state, carry]


@keras.saving.register_keras_serializable(package="be_keras")
class GRUCellBatchEnsemble(keras.layers.GRUCell, MemberCell):
    """Step of a GRU (Cho et al., 2014) of M members.

    Takes rows `(B * M, D)` of one step and the state `h (B * M, units)`, gives the new state
    twice, as output and as state. Member kernels as in `MemberCell`; the gates are update,
    reset, candidate. With `reset_after` the products of the inputs and of the state have each
    their own bias, `bias (M, 2, 3 * units)`; without, `bias (M, 3 * units)`.

    Args:
        units, ...: As in `keras.layers.GRUCell`, in its order.
        ensemble_size: Number of members M.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: `units` or `ensemble_size` is not positive, or the rows do not fit.

    Examples:
        >>> layer = keras.layers.RNN(be_keras.GRUCellBatchEnsemble(4, ensemble_size=2))
        >>> tuple(layer(np.ones((6, 5, 3), "float32")).shape)
        (6, 4)
    """

    gates = 3

    def __init__(self, *args: Any, ensemble_size: int, **kwargs: Any) -> None:
        super().__init__(*args, ensemble_size=ensemble_size, **kwargs)

    def build(self, input_shape: Shape) -> None:
        shape = (2, 3 * self.units) if self.reset_after else (3 * self.units,)
        self.add_cell_weights(input_shape, shape, self.bias_initializer)

    def call(self, inputs: Tensor, states: Tensor, training: bool | None = False) -> Tensor:
        state = first_state(states)
        gates = self.of_inputs(inputs, training)
        if self.bias is not None:
            gates = self.shift(gates, self.bias[:, 0] if self.reset_after else self.bias)
        update, reset, candidate = ops.split(gates, 3, axis=-1)
        if self.reset_after:
            gates = self.of_state(state, training)
            if self.bias is not None:
                gates = self.shift(gates, self.bias[:, 1])
            of_update, of_reset, of_candidate = ops.split(gates, 3, axis=-1)
        else:
            of_update, of_reset = ops.split(self.of_state(state, training, 0, 2), 2, axis=-1)
        update = self.recurrent_activation(update + of_update)
        reset = self.recurrent_activation(reset + of_reset)
        if self.reset_after:
            of_candidate = reset * of_candidate
        else:
            of_candidate = self.of_state(reset * state, training, 2, 3)
        candidate = self.activation(candidate + of_candidate)
        state = update * state + (1 - update) * candidate
        return state, like_states(state, states)

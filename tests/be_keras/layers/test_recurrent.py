"""Recurrent cells of M members against M cells of Keras with folded kernels."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel
from be_keras.layers import (
    EmbeddingBatchEnsemble,
    GRUCellBatchEnsemble,
    LSTMCellBatchEnsemble,
    SimpleRNNCellBatchEnsemble,
)

M, B, T, D, UNITS = 3, 2, 4, 2, 3
MASK = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], "bool")
KINDS = {  # ours, Keras' own, and the number of gates
    "simple": (SimpleRNNCellBatchEnsemble, keras.layers.SimpleRNNCell, 1),
    "lstm": (LSTMCellBatchEnsemble, keras.layers.LSTMCell, 4),
    "gru": (GRUCellBatchEnsemble, keras.layers.GRUCell, 3),
}


def draw(*shape, seed=3):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.fixture(params=sorted(KINDS))
def kinds(request):
    """One entry of KINDS."""
    return KINDS[request.param]


@pytest.fixture
def check_cells(check_members, kernel, own):
    """A function that asserts values and gradients of a cell under `keras.layers.RNN`."""

    def check(kinds, cell_options, rnn_options, masked):
        ours = kinds[0](
            UNITS, bias_initializer="normal", ensemble_size=M, r_initializer="normal_around_one",
            **cell_options,
        )
        cells = [ours, *(kinds[1](UNITS, **cell_options) for _ in range(M))]
        layer, *plain = (keras.layers.RNN(cell, **rnn_options) for cell in cells)
        for each in (layer, *plain):
            each.build((None, T, D))
        columns = kinds[2] * UNITS
        kernels = [
            kernel(ours.kernel, ours.r, ours.s, (D, 1), (1, columns), lambda p: p.cell.kernel),
            kernel(
                ours.recurrent_kernel, ours.recurrent_r, ours.recurrent_s, (UNITS, 1),
                (1, columns), lambda p: p.cell.recurrent_kernel,
            ),
        ]
        biases = [own(ours.bias, lambda p: p.cell.bias)] if ours.use_bias else []

        def call(layer, rows):
            mask = np.repeat(MASK, len(rows) // B, axis=0)
            return layer(rows, mask=mask if masked else None)

        check_members(layer, plain, kernels, biases, draw(B * M, T, D), call)

    return check


@pytest.mark.parametrize(
    ("rnn_options", "masked"),
    [({"return_sequences": True}, True), ({"go_backwards": True, "unroll": True}, False)],
)
def test_equals_cells_of_keras_with_folded_kernels(check_cells, kinds, rnn_options, masked):
    check_cells(kinds, {}, rnn_options, masked)


def test_equals_cells_of_keras_without_biases(check_cells, kinds):
    check_cells(kinds, {"use_bias": False, "activation": "relu"}, {}, False)


@pytest.mark.parametrize("use_bias", [False, True])
def test_a_gru_that_resets_before_its_product(check_cells, use_bias):
    options = {"reset_after": False, "use_bias": use_bias, "recurrent_activation": "tanh"}
    check_cells(KINDS["gru"], options, {"return_sequences": True}, True)


def test_positional_arguments_have_the_order_of_keras(kinds):
    arguments = (3, "relu", False) if kinds[2] == 1 else (3, "relu", "tanh", False)
    ours, theirs = kinds[0](*arguments, ensemble_size=M), kinds[1](*arguments)
    config = ours.get_config()
    for name, value in theirs.get_config().items():
        assert config[name] == value or name == "name"


def test_weights_have_the_documented_shapes(kinds):
    cell = kinds[0](UNITS, ensemble_size=M)
    keras.layers.RNN(cell).build((None, T, D))
    columns = kinds[2] * UNITS
    assert cell.kernel.shape == (D, columns)
    assert cell.recurrent_kernel.shape == (UNITS, columns)
    assert cell.r.shape == (M, D)
    assert cell.recurrent_r.shape == (M, UNITS)
    assert cell.s.shape == cell.recurrent_s.shape == (M, columns)
    two = kinds is KINDS["gru"]
    assert cell.bias.shape == ((M, 2, columns) if two else (M, columns))


def test_forget_gates_start_open():
    cell = LSTMCellBatchEnsemble(2, ensemble_size=M)
    cell.build((None, D))
    np.testing.assert_array_equal(cell.bias, [[0, 0, 1, 1, 0, 0, 0, 0]] * M)
    cell = LSTMCellBatchEnsemble(2, unit_forget_bias=False, ensemble_size=M)
    cell.build((None, D))
    np.testing.assert_array_equal(cell.bias, np.zeros((M, 8)))


def test_a_state_is_carried_from_batch_to_batch(kinds):
    cell = kinds[0](UNITS, ensemble_size=M)
    rows = draw(B * M, T, D)
    at_once = keras.layers.RNN(cell)(rows)
    carried = keras.layers.RNN(cell, stateful=True)
    carried(rows[:, :1])
    np.testing.assert_allclose(carried(rows[:, 1:]), at_once, rtol=1e-5, atol=1e-6)


def test_cells_stack():
    cells = [KINDS[name][0](UNITS, ensemble_size=M, dropout=0.5) for name in ("lstm", "gru")]
    rows = draw(B * M, T, D)
    stacked = keras.layers.RNN(cells)(rows)
    between = keras.layers.RNN(cells[0], return_sequences=True)(rows)
    expected = keras.layers.RNN(cells[1])(between)
    np.testing.assert_allclose(stacked, expected, rtol=1e-5, atol=1e-6)


def test_padding_changes_no_member(kinds):
    body = keras.Sequential(
        [
            EmbeddingBatchEnsemble(7, D, mask_zero=True, ensemble_size=M),
            keras.layers.RNN(kinds[0](UNITS, ensemble_size=M)),
        ]
    )
    model = EnsembleModel(body, M, outputs="values")
    tokens = np.array([[3, 5, 1], [6, 2, 4]], "int32")
    outputs = np.asarray(model(tokens))
    assert outputs.shape == (2, M, UNITS)
    assert len(np.unique(outputs[0, :, 0])) == M
    padded = np.pad(tokens, [(0, 0), (0, 2)])
    np.testing.assert_allclose(model(padded), outputs, rtol=1e-5, atol=1e-6)

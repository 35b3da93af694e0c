"""What all recurrent cells of members share: dropout, streams of fast weights, refusals."""

import keras
import numpy as np
import pytest

from be_keras.layers import (
    GRUCellBatchEnsemble,
    LSTMCellBatchEnsemble,
    SimpleRNNCellBatchEnsemble,
)

M, T, D, UNITS = 2, 5, 4, 4
KINDS = {
    "simple": (SimpleRNNCellBatchEnsemble, keras.layers.SimpleRNNCell),
    "lstm": (LSTMCellBatchEnsemble, keras.layers.LSTMCell),
    "gru": (GRUCellBatchEnsemble, keras.layers.GRUCell),
}
ROWS = np.random.default_rng(0).normal(size=(3 * M, T, D)).astype("float32")


@pytest.fixture(params=sorted(KINDS))
def kinds(request):
    """Our cell and Keras' own."""
    return KINDS[request.param]


def twins(kinds, **options):
    """A cell whose members are equal, and the cell of Keras that is each of them."""
    ours, theirs = kinds[0](UNITS, ensemble_size=M, **options), kinds[1](UNITS, **options)
    for cell in (ours, theirs):
        cell.build((None, D))
    for weight in (ours.r, ours.s, ours.recurrent_r, ours.recurrent_s):
        weight.assign(np.repeat(np.asarray(weight)[:1], M, axis=0))
    for name in ("", "recurrent_"):
        r, s = (np.asarray(getattr(ours, name + which))[0] for which in "rs")
        folded = np.asarray(getattr(ours, f"{name}kernel")) * np.outer(r, s)
        getattr(theirs, f"{name}kernel").assign(folded)
    return ours, theirs


@pytest.mark.parametrize(
    "options", [{"dropout": 0.5}, {"dropout": 0.3, "recurrent_dropout": 0.3}]
)
def test_dropout_falls_on_rows_as_in_keras(kinds, options):
    """With one seed both draw the same masks."""
    ours, theirs = twins(kinds, seed=7, **options)
    outputs = keras.layers.RNN(ours)(ROWS, training=True)
    expected = keras.layers.RNN(theirs)(ROWS, training=True)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    without = np.asarray(keras.layers.RNN(ours)(ROWS))
    assert np.all(np.any(outputs != without, axis=-1))


@pytest.mark.parametrize(
    "options",
    [{"reset_after": False, "recurrent_dropout": 0.5}, {"implementation": 1, "dropout": 0.5}],
)
def test_dropout_by_gate(options):
    ours, theirs = twins(KINDS["gru"], seed=7, **options)
    outputs = keras.layers.RNN(ours)(ROWS, training=True)
    expected = keras.layers.RNN(theirs)(ROWS, training=True)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


def test_each_batch_draws_masks_of_its_own(kinds):
    layer = keras.layers.RNN(kinds[0](UNITS, ensemble_size=M, dropout=0.5))
    first, second = (np.asarray(layer(ROWS, training=True)) for _ in range(2))
    assert np.any(first != second)


@pytest.mark.parametrize("name", ["simple", "gru"])
def test_a_state_comes_back_as_it_went_in(name):
    cell = KINDS[name][0](UNITS, ensemble_size=M)
    state = np.ones((len(ROWS), UNITS), "float32")
    output, alone = cell(ROWS[:, 0], state)
    _, listed = cell(ROWS[:, 0], [state])
    np.testing.assert_array_equal(alone, output)
    assert isinstance(listed, list)
    np.testing.assert_array_equal(listed[0], output)


def test_fast_weights_of_one_seed_differ(kinds):
    cell = kinds[0](
        UNITS, ensemble_size=M,
        r_initializer=keras.initializers.RandomNormal(seed=3),
        s_initializer=keras.initializers.RandomNormal(seed=3),
    )
    cell.build((None, D))
    weights = [np.asarray(w)[:, :D] for w in (cell.r, cell.s, cell.recurrent_r, cell.recurrent_s)]
    assert len({weight.tobytes() for weight in weights}) == 4


def test_options_of_fast_weights_hold_for_both_pairs(kinds):
    cell = kinds[0](
        UNITS, ensemble_size=M, use_bias=False, r_initializer="ones", r_regularizer="l2",
        s_initializer="ones", s_constraint="non_neg",
    )
    cell.build((None, D))
    assert cell.r.regularizer is cell.recurrent_r.regularizer is cell.r_regularizer
    assert cell.s.constraint is cell.recurrent_s.constraint is cell.s_constraint
    expected = 0.01 * (M * D + M * UNITS)  # l2 of ones
    np.testing.assert_allclose(sum(cell.losses), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(None, None), (None, 3, D), (None,)])
def test_steps_that_are_no_rows_of_features_are_refused(kinds, shape):
    with pytest.raises(ValueError, match=r"expects steps \(B \* M, D\) with a known D.*Received"):
        kinds[0](UNITS, ensemble_size=M).build(shape)


def test_steps_of_another_width_are_refused(kinds):
    cell = kinds[0](UNITS, ensemble_size=M)
    keras.layers.RNN(cell)(ROWS)
    with pytest.raises(ValueError, match="expected axis -1.*value 4"):
        keras.layers.RNN(cell)(ROWS[..., :3])


@pytest.mark.parametrize("units", [0, -1])
def test_units_must_be_positive(kinds, units):
    with pytest.raises(ValueError, match="units.*positive integer"):
        kinds[0](units, ensemble_size=M)


def test_lora_and_quantised_policies_are_refused(kinds):
    with pytest.raises(ValueError, match="does not support LoRA"):
        kinds[0](UNITS, ensemble_size=M).enable_lora(2)
    with pytest.raises(ValueError, match="does not support quantised policies"):
        kinds[0](UNITS, ensemble_size=M, dtype="int8_from_float32")

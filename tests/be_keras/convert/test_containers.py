"""Recurrent layers and wrappers: what they hold becomes members, and each comes back."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras import EnsembleModel
from be_keras.convert import extract_member, to_batch_ensemble
from be_keras.initializers import NormalAroundOne
from be_keras.layers import GRUCellBatchEnsemble, LSTMCellBatchEnsemble

M, T, D = 2, 3, 2
X = np.random.default_rng(0).normal(size=(2, T, D)).astype("float32")
TOKENS = np.array([[4, 1, 0], [3, 5, 2]])


def lstm():
    """Masked, and read from its end."""
    tokens = keras.Input((T,), dtype="int32")
    hidden = layers.Embedding(6, D, mask_zero=True)(tokens)
    options = {"go_backwards": True, "unit_forget_bias": False, "return_sequences": True}
    return keras.Model(tokens, layers.LSTM(2, **options)(hidden)), TOKENS


def gru():
    """Its states are an output and the beginning of another layer's."""
    inputs = keras.Input((None, D))
    sequence, state = layers.GRU(3, return_sequences=True, return_state=True)(inputs)
    options = {"reset_after": False, "use_bias": False, "recurrent_activation": "tanh"}
    outputs = layers.GRU(3, **options)(sequence, initial_state=state)
    return keras.Model(inputs, [outputs, state]), X


def simple_rnn():
    """As a layer, and as a cell."""
    inputs = keras.Input((T, D))
    options = {"return_sequences": True, "unroll": True}
    hidden = layers.SimpleRNN(3, "relu", dropout=0.1, **options)(inputs)
    return keras.Model(inputs, layers.RNN(layers.SimpleRNNCell(2), **options)(hidden)), X


def bidirectional():
    """Masked, over stacked cells."""
    tokens = keras.Input((T,), dtype="int32")
    hidden = layers.Embedding(6, D, mask_zero=True)(tokens)
    cells = [layers.LSTMCell(3), layers.GRUCell(2)]
    recurrent = layers.RNN(cells, return_sequences=True, unroll=True)
    return keras.Model(tokens, layers.Bidirectional(recurrent)(hidden)), TOKENS


def time_distributed():
    inputs = keras.Input((T, 5, D))
    hidden = layers.TimeDistributed(layers.Conv1D(3, 2, activation="relu"))(inputs)
    hidden = layers.TimeDistributed(layers.Flatten())(hidden)
    hidden = layers.TimeDistributed(layers.BatchNormalization())(hidden)
    hidden = layers.TimeDistributed(layers.LayerNormalization())(hidden)
    outputs = layers.Dense(2)(hidden)
    return keras.Model(inputs, outputs), np.repeat(X[:, :, None], 5, axis=2)


GRAPHS = {
    function.__name__: function
    for function in (bidirectional, gru, lstm, simple_rnn, time_distributed)
}
AROUND_ONE = {"r_initializer": NormalAroundOne(0.3), "s_initializer": NormalAroundOne(0.3)}


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_there_and_back_again(name, randomise, check_members, part, check_extraction):
    model, x = GRAPHS[name]()
    ensemble = to_batch_ensemble(randomise(model), M)
    check_members(ensemble, model, x)
    check_extraction(part(ensemble), x)
    member = extract_member(ensemble, 0)
    kinds = [type(layer) for layer in model.layers]
    if name == "simple_rnn":  # a cell comes back in the layer of its name
        kinds[-1] = layers.SimpleRNN
    assert [type(layer) for layer in member.layers] == kinds


def test_it_trains_and_a_file_gives_it_back(tmp_path):
    recurrent = layers.RNN([layers.LSTMCell(2), layers.SimpleRNNCell(2)])
    model = keras.Sequential([keras.Input((T, D)), layers.Bidirectional(recurrent)])
    ensemble = to_batch_ensemble(model, M, **AROUND_ONE)
    ensemble.compile("sgd", "mse", jit_compile=False)
    before = ensemble.get_weights()
    assert np.isfinite(ensemble.train_on_batch(X, np.ones((len(X), 4))))
    weights = zip(ensemble.weights, before, strict=True)
    moved = [w.path.split("/")[-1] for w, old in weights if np.any(np.asarray(w) != old)]
    assert {"kernel", "recurrent_kernel", "bias", "r", "recurrent_s"} <= set(moved)
    ensemble.save(tmp_path / "ensemble.keras")
    again = keras.models.load_model(tmp_path / "ensemble.keras")
    np.testing.assert_allclose(again(X), ensemble(X), rtol=1e-6, atol=1e-6)


def test_cells_of_one_layer_draw_fast_weights_of_their_own():
    forward = layers.RNN([layers.GRUCell(2), layers.GRUCell(2)], unroll=True)
    backward = layers.RNN([layers.GRUCell(2), layers.LSTMCell(2)], go_backwards=True, unroll=True)
    both = layers.Bidirectional(forward, backward_layer=backward, merge_mode="sum")
    model = keras.Sequential([keras.Input((T, D)), both])
    ensemble = to_batch_ensemble(model, M, r_initializer=NormalAroundOne(seed=1))
    cells = [c for c in ensemble._flatten_layers() if isinstance(c, GRUCellBatchEnsemble)]
    assert len({np.asarray(cell.r).tobytes() for cell in cells}) == len(cells) == 3


def test_what_is_not_chosen_stays_as_it_is(check_members):
    model, x = GRAPHS["bidirectional"]()
    ensemble = to_batch_ensemble(model, M, convert="embedding*", per_member=("norms",))
    check_members(ensemble, model, x)
    assert len([layer for layer in ensemble._flatten_layers() if hasattr(layer, "r")]) == 1
    kinds = [type(layer) for layer in extract_member(ensemble, 1).layers]
    assert kinds == [type(layer) for layer in model.layers]


def test_cells_of_members_and_of_one_network_side_by_side(check_extraction, part):
    cells = [LSTMCellBatchEnsemble(3, ensemble_size=M), layers.GRUCell(2)]
    body = keras.Sequential([keras.Input((T, D)), layers.RNN(cells, unroll=True)])
    check_extraction(part(EnsembleModel(body, M)), X)


def test_a_cell_of_another_precision_keeps_it():
    recurrent = layers.RNN(layers.LSTMCell(2, dtype="mixed_bfloat16"), unroll=True)
    model = keras.Sequential([keras.Input((T, D)), recurrent])
    member = extract_member(to_batch_ensemble(model, M), 0)
    assert type(member.layers[-1]) is layers.RNN
    assert member.layers[-1].cell.dtype_policy.name == "mixed_bfloat16"


class Unknown(layers.SimpleRNNCell):
    """A cell that no rule knows."""


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (lambda: layers.LSTM(2, activity_regularizer="l2"), "activity_regularizer"),
        (lambda: layers.RNN(Unknown(2)), "Unknown.*no rule"),
        (
            lambda: layers.TimeDistributed(keras.Sequential([layers.Dense(2)], name="inner")),
            "'inner': hold its layers one by one in TimeDistributed",
        ),
    ],
)
def test_what_members_cannot_hold_names_the_layer(layer, reason):
    layer = layer()
    model = keras.Sequential([keras.Input((T, D)), layer])
    message = f"(?s)Layer '{layer.name}' .*cannot hold members: .*{reason}.*'{layer.name}' stands"
    with pytest.raises(ValueError, match=message):
        to_batch_ensemble(model, M)


def test_states_that_outlive_a_batch_are_refused():
    model = keras.Sequential([keras.Input((T, D), batch_size=2), layers.GRU(2, stateful=True)])
    with pytest.raises(ValueError, match="'gru.*cannot hold members: .*stateful=False"):
        to_batch_ensemble(model, M)

"""MCDropout: the masks of training, everything else as in prediction."""

import keras
import numpy as np
import pytest

from be_keras import DenseBatchEnsemble, EnsembleModel
from be_keras.ensembles import MCDropout

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(6, 5)).astype("float32")


def network(rate=0.5, *between):
    """One dropout on the inputs, and a product with ones: sums of what was left."""
    return keras.Sequential([
        keras.Input((5,)),
        keras.layers.Dropout(rate),
        *between,
        keras.layers.Dense(1, use_bias=False, kernel_initializer="ones"),
    ])


def every_sum(x, rate):
    """The sums that some mask leaves of each example, inputs scaled up by what is dropped."""
    masks = (np.arange(2 ** x.shape[1])[:, None] >> np.arange(x.shape[1])) & 1
    return x @ masks.T / (1 - rate)


def test_samples_are_sums_under_a_mask():
    logits = MCDropout(network(), 40).logits(X, batch_size=4)
    assert logits.shape == (6, 40, 1) and logits.dtype == np.float32
    for of_example, possible in zip(logits[:, :, 0], every_sum(X, 0.5), strict=True):
        assert np.abs(of_example[:, None] - possible).min(axis=1).max() < 1e-5
        assert len(np.unique(of_example.round(4))) > 10


def test_the_mean_of_samples_is_the_prediction():
    model = network(0.2)
    found = MCDropout(model, 2_000).logits(X, seed=0).mean(axis=1)
    # The deviation of a mean of 2,000 samples is below .03 here.
    np.testing.assert_allclose(found, np.asarray(model(X)), atol=0.12)


def test_a_seed_decides_the_masks():
    sampled = MCDropout(network(), 3)
    first = sampled.logits(X, seed=1)
    np.testing.assert_array_equal(first, sampled.logits(X, seed=1))
    assert not np.array_equal(first, sampled.logits(X, seed=2))
    assert not np.array_equal(sampled.logits(X), sampled.logits(X))


def test_norms_predict_and_the_model_stays():
    model = network(0.5, keras.layers.BatchNormalization())
    before, weights = np.asarray(model(X)), [w.numpy() for w in model.weights[:4]]
    states = [np.asarray(v) for v in model.non_trainable_variables]
    MCDropout(model, 4).logits(X)
    np.testing.assert_array_equal(np.asarray(model(X)), before)
    np.testing.assert_array_equal(model.predict(X, verbose=0), before)
    for variable, state in zip(model.non_trainable_variables, states, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), state)
    for weight, value in zip(model.weights[:4], weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_weights_of_later_are_seen():
    model = network()
    sampled = MCDropout(model, 2)
    before = sampled.logits(X, seed=3)
    model.layers[-1].kernel.assign(2 * np.ones((5, 1), "float32"))
    np.testing.assert_allclose(sampled.logits(X, seed=3), 2 * before, rtol=1e-6)


def test_all_members_of_an_ensemble_are_sampled():
    body = keras.Sequential([
        keras.Input((5,)), keras.layers.Dropout(0.5), DenseBatchEnsemble(3, ensemble_size=2)
    ])  # fmt: skip
    model = EnsembleModel(body, 2)
    logits = MCDropout(model, 3).logits(X)
    assert logits.shape == (6, 6, 3)
    flat = logits.reshape(6, 6, -1)
    assert len(np.unique(flat[0].round(5), axis=0)) > 3


def test_dropout_inside_attention_is_sampled():
    inputs = keras.Input((4, 8))
    outputs = keras.layers.MultiHeadAttention(2, 4, dropout=0.5)(inputs, inputs)
    logits = MCDropout(keras.Model(inputs, outputs), 2).logits(DRAW.normal(size=(2, 4, 8)))
    assert logits.shape == (2, 2, 4, 8)
    assert not np.allclose(logits[:, 0], logits[:, 1])


@pytest.mark.parametrize("rate", [None, 0.0])
def test_a_model_without_dropout(rate):
    layers = [] if rate is None else [keras.layers.Dropout(rate)]
    model = keras.Sequential([keras.Input((5,)), *layers, keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="no dropout to sample"):
        MCDropout(model, 2)


@pytest.mark.parametrize("samples", [0, 1.5, None])
def test_bad_counts(samples):
    with pytest.raises(ValueError, match="positive integer|at least 1"):
        MCDropout(network(), samples)

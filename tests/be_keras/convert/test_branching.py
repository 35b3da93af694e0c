"""Branching: every member equals the network it came from, where fast weights are one."""

import keras
import numpy as np
import pytest

from be_keras import DenseBatchEnsemble, EnsembleModel, LayerNormalizationBatchEnsemble
from be_keras.backend import trains_faster_with_xla
from be_keras.convert import branch_off

X = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")


def plain(units=4):
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(units, "relu", name="hidden")(inputs)
    hidden = keras.layers.Dropout(0.1, name="dropout")(hidden)
    hidden = keras.layers.LayerNormalization(epsilon=1e-3, name="norm")(hidden)
    body = keras.Model(inputs, keras.layers.Dense(3, name="head")(hidden))
    return randomised(EnsembleModel(body, 1))


def members(initializer="ones", units=4, head="head"):
    options = dict(ensemble_size=3, r_initializer=initializer, s_initializer=initializer)
    inputs = keras.Input((5,))
    hidden = DenseBatchEnsemble(units, "relu", name="hidden", **options)(inputs)
    hidden = keras.layers.Dropout(0.1, name="dropout")(hidden)
    hidden = LayerNormalizationBatchEnsemble(name="norm", ensemble_size=3)(hidden)
    body = keras.Model(inputs, DenseBatchEnsemble(3, name=head, **options)(hidden))
    return randomised(EnsembleModel(body, 3)) if initializer == "ones" else EnsembleModel(body, 3)


def randomised(model):
    """The model with every weight moved, so that nothing is zero; fast weights stay."""
    draw = np.random.default_rng(1)
    for weight in model.trainable_weights:
        if weight.path.split("/")[-1] not in ("r", "s"):
            weight.assign(weight + draw.normal(size=weight.shape))
    return model


def test_each_member_begins_as_the_network():
    network, ensemble = plain(), members()
    left = branch_off(network, ensemble)
    assert left == ["head/r", "head/s", "hidden/r", "hidden/s"]
    expected = np.repeat(network(X), 3, axis=1)
    np.testing.assert_allclose(ensemble(X), expected, rtol=1e-5, atol=1e-5)


def test_fast_weights_are_left_alone():
    ensemble = members("random_sign")
    fast = [np.array(w) for w in ensemble.weights if w.path.split("/")[-1] in ("r", "s")]
    branch_off(plain(), ensemble)
    after = [np.array(w) for w in ensemble.weights if w.path.split("/")[-1] in ("r", "s")]
    assert len(after) == 4
    np.testing.assert_equal(after, fast)


def test_bodies_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"'hidden/kernel'.*\(5, 4\).*\(5, 7\)"):
        branch_off(plain(), members(units=7))
    untouched = members()
    before = untouched.get_weights()
    with pytest.raises(ValueError, match="'head/kernel'"):
        branch_off(plain(), members(head="other"))
    with pytest.raises(ValueError, match=r"'hidden/kernel'"):
        branch_off(plain(units=1), untouched)
    np.testing.assert_equal(untouched.get_weights(), before)
    with pytest.raises(ValueError, match=r"'head/kernel'.*None"):
        branch_off(plain(), members(head="other"))


def test_the_network_outlives_the_training_of_its_members():
    network, ensemble = plain(), members()
    before = np.array(network(X))
    branch_off(network, ensemble)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ensemble.compile("sgd", loss, jit_compile=trains_faster_with_xla())
    ensemble.fit(X, np.arange(6) % 3, verbose=0)
    np.testing.assert_array_equal(network(X), before)

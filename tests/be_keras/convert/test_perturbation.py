"""A spread of the fast weights at which members differ by what was asked, and no more."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras.convert import disagreement, perturb, to_batch_ensemble
from be_keras.initializers import NormalAroundOne, fresh
from be_keras.metrics import kl_matrix
from be_keras.roles import FAST, role_of, weights_by_role

M = 3
X = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")


@pytest.fixture
def ensemble():
    """Members that are equal: a small classifier, converted."""
    body = [keras.Input((4,)), layers.Dense(16, "relu"), layers.Dense(3)]
    return to_batch_ensemble(keras.Sequential(body), M)


def mean_kl(logits):
    return np.sum(kl_matrix(logits)) / (M * (M - 1))


@pytest.mark.parametrize(("measure", "amount"), [(disagreement, 0.1), (mean_kl, 0.02)])
def test_members_differ_by_what_was_asked(ensemble, measure, amount):
    given = None if measure is disagreement else measure
    stddev, reached = perturb(ensemble, X, amount, given, seed=3)
    np.testing.assert_allclose(reached, measure(ensemble.predict(X, verbose=0)), rtol=1e-6)
    assert amount <= reached < 1.2 * amount
    assert 0.0 < stddev < 1.0
    for stream, weight in enumerate(weights_by_role(ensemble)[FAST]):
        draws = fresh(NormalAroundOne(stddev, 3), stream)(weight.shape)
        np.testing.assert_allclose(weight, draws, rtol=1e-6)


def test_nothing_but_fast_weights_moves(ensemble):
    rest = [weight for weight in ensemble.weights if role_of(weight) != FAST]
    before = [np.asarray(weight) for weight in rest]
    perturb(ensemble, X, 0.1, steps=2)
    for old, weight in zip(before, rest, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_signs_are_kept(ensemble):
    fast = weights_by_role(ensemble)[FAST]
    for weight in fast:
        weight.assign(-np.ones(weight.shape))
    perturb(ensemble, X, 0.02, highest=0.2, steps=4)
    assert all(np.max(weight) < 0 for weight in fast)


@pytest.mark.parametrize("amount", [0.0, 0.99])
def test_what_cannot_be_reached_leaves_the_ensemble_as_it_was(ensemble, amount):
    before = ensemble.get_weights()
    with pytest.raises(ValueError, match=r"differ by 0 as they are.*between.*amount=0"):
        perturb(ensemble, X, amount)
    for old, new in zip(before, ensemble.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


def test_disagreement_of_tokens():
    votes = np.array([[[0, 1], [0, 1], [2, 1]], [[1, 1], [1, 0], [1, 2]]])  # (B, M, T)
    # Of three pairs a label: 2, 0; 0, 3 disagree.
    np.testing.assert_allclose(disagreement(np.eye(3)[votes]), 5 / 12)


@pytest.mark.parametrize("outputs", [np.zeros((2, 1, 3)), np.zeros((2, 3, 1)), [np.zeros((2, 3))]])
def test_disagreement_needs_members_and_classes(outputs):
    with pytest.raises(ValueError, match="two members and two classes.*Received"):
        disagreement(outputs)

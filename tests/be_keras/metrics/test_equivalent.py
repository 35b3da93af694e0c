"""Deep-ensemble equivalent: curves worked by hand, deep ensembles against their own curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.metrics import (
    calibrated_log_likelihood,
    deep_ensemble_equivalent,
    equivalent_with_interval,
    mean_log_probs,
    reference_curve,
)

pytestmark = pytest.mark.one_backend

NETWORKS = 8


def made_networks(count, examples=1500, classes=4, seed=0):
    """Labels, and logits `(N, count, C)` of networks that err independently."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=examples)
    signal = rng.normal(size=(examples, 1, classes))
    signal[np.arange(examples), 0, labels] += 1.5
    return labels, 2.0 * (signal + rng.normal(size=(examples, count, classes)))


def log_probs_of(logits):
    """`(N, K, C)` logits to the log-probabilities `(K, N, C)` of each network alone."""
    return np.stack([mean_log_probs(logits[:, [k]]) for k in range(logits.shape[1])])


@pytest.fixture(scope="module")
def reference():
    """Labels, logits of networks outside the curve, and the curve of eight."""
    labels, logits = made_networks(NETWORKS + 4)
    curve = reference_curve(log_probs_of(logits[:, :NETWORKS]), labels)
    return labels, logits[:, NETWORKS:], curve


# Means over two examples: -4, -2, -3 (lifted to -2), -1.
CURVE = np.array([[-5.0, -3.0], [-2.0, -2.0], [-3.0, -3.0], [-1.5, -0.5]])


@pytest.mark.parametrize(
    ("mean", "expected"),
    [
        (-9.0, 1.0),
        (-4.0, 1.0),
        (-3.5, 1.25),
        (-2.5, 1.75),
        (-2.0, 2.0),  # reached first here, though size 3 has it too
        (-1.5, 3.5),
        (-1.25, 3.75),
        (-1.0, 4.0),
        (-0.1, 4.0),
    ],
)
def test_lines_between_sizes_by_hand(mean, expected):
    assert deep_ensemble_equivalent([mean + 0.2, mean - 0.2], CURVE) == pytest.approx(expected)


def test_weights_choose_the_examples():
    # On the second example alone the curve is -3, -2, -3 (lifted to -2), -0.5.
    assert deep_ensemble_equivalent([7.0, -1.25], CURVE, weights=[0, 2]) == pytest.approx(3.5)


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 40), st.integers(0, 1000))
def test_a_rising_curve_gives_each_of_its_rows_its_size(size, examples, seed):
    rng = np.random.default_rng(seed)
    curve = rng.normal(size=(size, examples)) + 50.0 * np.arange(size)[:, None]
    assert [deep_ensemble_equivalent(row, curve) for row in curve] == list(range(1, size + 1))


def test_the_deep_ensemble_of_each_size_is_worth_its_size(reference):
    _, _, curve = reference
    found = [deep_ensemble_equivalent(row, curve) for row in curve]
    assert found == list(range(1, NETWORKS + 1))


@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_fresh_deep_ensemble_is_worth_its_size(reference, size):
    labels, fresh, curve = reference
    method = calibrated_log_likelihood(mean_log_probs(fresh[:, :size]), labels)
    result = equivalent_with_interval(method, curve, samples=200)
    assert result["dee"] == pytest.approx(size, abs=0.15 * size)
    assert result["low"] <= result["dee"] <= result["high"]
    assert result["high"] - result["low"] < size
    assert result["capped"] is False


def test_copies_of_one_network_are_worth_one(reference):
    labels, fresh, curve = reference
    copies = np.repeat(fresh[:, :1], 4, axis=1)
    method = calibrated_log_likelihood(mean_log_probs(copies), labels)
    alone = calibrated_log_likelihood(mean_log_probs(fresh[:, :1]), labels)
    np.testing.assert_allclose(method, alone)
    assert deep_ensemble_equivalent(method, curve) < 1.2


def test_beyond_the_curve_is_capped(reference):
    _, _, curve = reference
    result = equivalent_with_interval(curve[-1] + 0.5, curve, samples=20)
    assert result == {"dee": 8.0, "low": 8.0, "high": 8.0, "capped": True}
    result = equivalent_with_interval(curve[0] - 0.5, curve, samples=20)
    assert result == {"dee": 1.0, "low": 1.0, "high": 1.0, "capped": False}


def test_the_interval_is_that_of_resampled_copies():
    rng = np.random.default_rng(0)
    curve = np.array([[0.0], [1.0], [2.0]]) + rng.normal(size=(1, 400))
    method = curve[0] + rng.normal(loc=0.7, scale=0.5, size=400)
    result = equivalent_with_interval(method, curve, samples=2000)
    # The differences alone count: their mean is normal with deviation 0.5 / sqrt(400).
    assert result["dee"] == pytest.approx(1.0 + np.mean(method - curve[0]))
    assert result["high"] - result["low"] == pytest.approx(2 * 1.96 * 0.025, rel=0.1)
    pairs = np.arange(400) // 2
    doubled = equivalent_with_interval(
        np.repeat(method[:200], 2), np.repeat(curve[:, :200], 2, axis=1), 2000, group=pairs
    )
    assert doubled["high"] - doubled["low"] == pytest.approx(2 * 1.96 * 0.025 * 2**0.5, rel=0.15)


def test_the_curve_of_two_equals_the_loop():
    labels, logits = made_networks(2, examples=60)
    curve = reference_curve(log_probs_of(logits), labels, orders=3, seed=5, minimum=2)
    alone = [calibrated_log_likelihood(one, labels, seed=5) for one in log_probs_of(logits)]
    both = calibrated_log_likelihood(mean_log_probs(logits), labels, seed=5)
    rng = np.random.default_rng(5)
    first = [rng.permutation(2)[0] for _ in range(3)]
    np.testing.assert_allclose(curve[0], np.mean([alone[k] for k in first], axis=0))
    np.testing.assert_allclose(curve[1], both, rtol=1e-6)
    again = reference_curve(log_probs_of(logits), labels, orders=3, seed=5, minimum=2)
    np.testing.assert_array_equal(curve, again)


def test_few_networks_are_refused_unless_asked_for():
    labels, logits = made_networks(3, examples=20)
    with pytest.raises(ValueError, match="at least 8 independent networks. Received 3"):
        reference_curve(log_probs_of(logits), labels)
    assert reference_curve(log_probs_of(logits), labels, minimum=3).shape == (3, 20)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((8, 20)), np.zeros(20, int)), r"Received shape \(8, 20\)"),
        ((np.zeros((8, 20, 2)), np.zeros(20, int), 0), "orders=0"),
        ((np.zeros((8, 20, 2)), np.zeros(20, int)), "are they logits or probabilities"),
    ],
)
def test_bad_networks(arguments, message):
    with pytest.raises(ValueError, match=message):
        reference_curve(*arguments)


@pytest.mark.parametrize(
    ("method", "curve", "message"),
    [
        ([0.0, 0.0], np.zeros((3, 3)), r"Received shapes \(2,\) and \(3, 3\)"),
        ([0.0, 0.0], np.zeros(2), r"Received shapes \(2,\) and \(2,\)"),
        ([], np.zeros((3, 0)), "of the same examples"),
        ([0.0, np.nan], np.zeros((3, 2)), "must be finite"),
        ([0.0, 0.0], np.full((3, 2), -np.inf), "must be finite"),
    ],
)
def test_bad_curves(method, curve, message):
    with pytest.raises(ValueError, match=message):
        deep_ensemble_equivalent(method, curve)
    with pytest.raises(ValueError, match=message):
        equivalent_with_interval(method, curve)

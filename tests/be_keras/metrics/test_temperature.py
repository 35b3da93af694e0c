"""Temperature and calibrated NLL: closed forms, a grid search, a loop over the halves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.metrics import calibrated_log_likelihood, fit_temperature
from be_keras.metrics.log_probs import log_softmax

pytestmark = pytest.mark.one_backend


def made_case(count, classes=5, scale=2.0, seed=0):
    """Log-probabilities `(count, classes)` that know something of the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=count)
    logits = scale * rng.normal(size=(count, classes))
    logits[np.arange(count), labels] += scale
    return log_softmax(logits), labels


def nll(log_probs, labels, temperature):
    """Mean NLL at a temperature, from the definition."""
    scaled = log_softmax(log_probs / temperature)
    return -np.mean(scaled[np.arange(len(labels)), labels])


@pytest.mark.parametrize(("right", "margin"), [(0.75, 1.0), (0.9, 4.0), (0.6, 0.01), (0.55, 9.0)])
def test_two_classes_by_hand(right, margin):
    # All examples at logit `margin`, a share `right` of them right: the NLL is least where
    # sigmoid(margin / T) = right.
    labels = (np.arange(1000) >= 1000 * right).astype(int)
    log_probs = log_softmax(np.tile([margin, 0.0], (1000, 1)))
    expected = margin / np.log(right / (1.0 - right))
    assert fit_temperature(log_probs, labels) == pytest.approx(max(expected, 0.01), rel=1e-6)


@settings(deadline=None, max_examples=30)
@given(st.integers(10, 60), st.integers(2, 6), st.floats(0.3, 8.0), st.integers(0, 1000))
def test_no_temperature_of_a_grid_is_better(count, classes, scale, seed):
    log_probs, labels = made_case(count, classes, scale, seed)
    fitted = fit_temperature(log_probs, labels)
    assert 0.01 <= fitted <= 100.0
    best = min(nll(log_probs, labels, t) for t in np.geomspace(0.01, 100.0, 300))
    assert nll(log_probs, labels, fitted) <= best + 1e-9


@settings(deadline=None, max_examples=20)
@given(st.floats(0.2, 5.0), st.integers(0, 1000))
def test_a_temperature_before_is_taken_back(before, seed):
    log_probs, labels = made_case(200, seed=seed)
    fitted = fit_temperature(log_probs, labels)
    softened = log_softmax(log_probs / before)
    assert fit_temperature(softened, labels) * before == pytest.approx(fitted, rel=1e-5)


def test_extremes():
    log_probs, labels = made_case(50)
    top = log_probs.argmax(axis=-1)
    certain = fit_temperature(log_probs, top)
    assert 0.01 <= certain < 1.0
    assert nll(log_probs, top, certain) < 1e-3
    # Always wrong: the flatter the better.
    assert fit_temperature(log_probs, log_probs.argmin(axis=-1)) == pytest.approx(100.0)
    # Nothing known: any temperature does, and the search keeps still.
    assert fit_temperature(np.full((50, 4), -np.log(4.0)), labels % 4) == 1.0


@pytest.mark.parametrize("count", [40, 41])
def test_calibrated_scores_equal_the_loop(count):
    log_probs, labels = made_case(count)
    rng = np.random.default_rng(3)
    expected = np.zeros((2, count))
    for split in range(2):
        order = rng.permutation(count)
        half = (count + 1) // 2
        for fitted, scored in ((order[:half], order[half:]), (order[half:], order[:half])):
            temperature = fit_temperature(log_probs[fitted], labels[fitted])
            for n in scored:
                expected[split, n] = -nll(log_probs[[n]], labels[[n]], temperature)
    found = calibrated_log_likelihood(log_probs, labels, splits=2, seed=3)
    np.testing.assert_allclose(found, expected.mean(axis=0))


def test_calibration_does_not_depend_on_the_temperature_before():
    log_probs, labels = made_case(300)
    overconfident = log_softmax(log_probs * 4.0)
    assert -np.mean(calibrated_log_likelihood(log_probs, labels)) == pytest.approx(
        -np.mean(calibrated_log_likelihood(overconfident, labels)), rel=1e-5
    )
    assert nll(overconfident, labels, 1.0) > nll(log_probs, labels, 1.0)


def test_the_seed_decides():
    log_probs, labels = made_case(60)
    first = calibrated_log_likelihood(log_probs, labels, seed=1)
    np.testing.assert_array_equal(calibrated_log_likelihood(log_probs, labels, seed=1), first)
    assert np.any(calibrated_log_likelihood(log_probs, labels, seed=2) != first)


@pytest.mark.parametrize(("count", "splits"), [(3, 5), (10, 0)])
def test_too_little_to_split(count, splits):
    with pytest.raises(ValueError, match=f"Received {count} examples, splits={splits}"):
        calibrated_log_likelihood(*made_case(count), splits=splits)


def test_bad_input():
    log_probs, labels = made_case(10)
    for function in (fit_temperature, calibrated_log_likelihood):
        with pytest.raises(ValueError, match="are they logits or probabilities"):
            function(np.exp(log_probs), labels)
        with pytest.raises(ValueError, match=r"Labels must lie in \[0, 5\)"):
            function(log_probs, labels + 1)

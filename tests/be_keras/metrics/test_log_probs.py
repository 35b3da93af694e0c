"""Log-probabilities against the plain formula, at extremes, and bad input."""

import numpy as np
import pytest

from be_keras.metrics import kl_matrix, mean_log_probs, member_scores
from be_keras.metrics.log_probs import checked_labels, checked_log_probs, log_softmax

pytestmark = pytest.mark.one_backend


def test_the_mean_is_that_of_the_probabilities():
    logits = np.random.default_rng(0).normal(scale=3, size=(20, 4, 5)).astype("float32")
    p = np.exp(logits.astype("float64"))
    p /= p.sum(axis=-1, keepdims=True)
    result = mean_log_probs(logits)
    assert result.dtype == np.float64
    np.testing.assert_allclose(np.exp(result), p.mean(axis=1))
    np.testing.assert_allclose(mean_log_probs(log_softmax(logits)), result)


def test_extreme_logits_stay_finite():
    result = mean_log_probs([[[0.0, 5000.0], [0.0, 5000.0]], [[0.0, 5000.0], [5000.0, 0.0]]])
    np.testing.assert_allclose(result, [[-5000.0, 0.0], [np.log(0.5), np.log(0.5)]])


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (np.zeros((3, 4)), r"`\(N, M, C\)`.*Received shape \(3, 4\)"),
        (np.zeros((3, 2, 1)), "C >= 2"),
        (np.zeros((0, 2, 3)), "N and M >= 1"),
        (np.zeros((3, 0, 3)), "N and M >= 1"),
        (np.full((1, 1, 2), np.nan), "2 of 2 values are NaN"),
        (np.array([[[0.0, -np.inf]]]), "1 of 2 values are NaN or infinite"),
    ],
)
def test_bad_logits(logits, message):
    with pytest.raises(ValueError, match=message):
        mean_log_probs(logits)


@pytest.mark.parametrize(
    ("log_probs", "message"),
    [
        (np.zeros((3, 2, 2)), "call `mean_log_probs` first"),
        (np.zeros((3, 1)), "C >= 2"),
        (np.zeros((0, 2)), "N >= 1"),
        (np.log([[0.5, 0.5], [0.5, np.nan]]), "1 of 4 values are NaN"),
        (np.full((3, 2), 0.5), "are they logits or probabilities"),
        (np.array([[3.0, -2.0]]), "are they logits or probabilities"),
    ],
)
def test_bad_log_probs(log_probs, message):
    with pytest.raises(ValueError, match=message):
        checked_log_probs(log_probs, np.zeros(len(log_probs), int))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"shape \(3,\). Received int64 of shape \(2,\)"),
        ([0.0, 1.0, 1.0], "must be integers"),
        ([0, 1, 2], r"\[0, 2\). 1 of 3 do not"),
        ([0, -1, -1], "2 of 3 do not"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        checked_labels(labels, 3, 2)


def test_probabilities_are_not_taken_for_logits():
    p = np.array([[[0.25, 0.75], [0.5, 0.5]], [[0.1, 0.9], [1.0, 0.0]]])
    for function in (mean_log_probs, kl_matrix, lambda p: member_scores(p, np.array([0, 1]))):
        with pytest.raises(ValueError, match="Received probabilities.*Give their logarithms"):
            function(p)
    np.testing.assert_allclose(np.exp(mean_log_probs(np.log(p + 1e-9))), p.mean(1), atol=1e-6)

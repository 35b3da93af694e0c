"""The mean of probabilities against NumPy in double precision."""

import numpy as np
import pytest
from keras import ops

from translation.decoding.ensemble_step import mean_log_probs


@pytest.mark.parametrize("axis", [0, 1, -2])
def test_equals_the_mean_of_probabilities(axis):
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(5), size=(3, 4))
    expected = np.log(np.mean(probs, axis=axis))
    found = ops.convert_to_numpy(mean_log_probs(np.log(probs).astype("float32"), axis))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_one_member_is_itself():
    log_probs = np.log(np.array([[[0.25, 0.75]]], "float32"))
    np.testing.assert_allclose(mean_log_probs(log_probs, 1), log_probs[:, 0], rtol=1e-6)


def test_tiny_and_impossible_words_do_no_harm():
    log_probs = np.array([[[-1000.0, -np.inf, -np.inf, 0.0], [-1000.0, 0.0, -np.inf, 0.0]]])
    found = ops.convert_to_numpy(mean_log_probs(log_probs.astype("float32"), axis=1))
    np.testing.assert_allclose(found, [[-1000.0, np.log(0.5), -np.inf, 0.0]], atol=1e-6)


def test_no_member_is_refused():
    with pytest.raises(ValueError, match=r"at least one member on axis 1.*\(2, 0, 3\)"):
        mean_log_probs(np.zeros((2, 0, 3), "float32"), axis=1)

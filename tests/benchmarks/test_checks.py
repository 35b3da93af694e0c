"""What is held of converted networks is measured: what is wrong shows, or stops the benchmark."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras.convert import to_batch_ensemble
from be_keras.roles import FAST, freeze, weights_by_role

DRAW = np.random.default_rng(0)
X, Y = DRAW.normal(size=(4, 5, 5, 3)).astype("float32"), np.array([0, 1, 2, 0])


@pytest.fixture
def checks(benchmark):
    return benchmark("checks")


@pytest.fixture
def pair():
    """A model and the ensemble that it became."""
    body = [keras.Input((5, 5, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)]
    model = keras.Sequential(body)
    return model, to_batch_ensemble(model, 2)


def test_a_worked_deviation(checks):
    assert checks.deviation(np.array([1.0, -3.0]), np.array([1.5, -4.0])) == 0.25


def test_what_holds(checks, pair):
    found = checks.check(*pair, X, Y, onnx=False)
    assert found.pop("file_ratio") > 1
    assert set(found) == {"member_deviation", "loaded_deviation", "extracted_deviation"}
    assert max(found.values()) < 1e-5
    r = np.asarray(weights_by_role(pair[1])[FAST][0])
    assert np.std(r, axis=0).min() > 0  # members were moved apart


def test_a_member_that_is_not_the_model_shows(checks, pair):
    model, ensemble = pair
    weights_by_role(ensemble)[FAST][0].assign([[1.0, 1.0, 1.0], [1.0, 2.0, 1.0]])
    assert checks.check(model, ensemble, X, Y, onnx=False)["member_deviation"] > 1e-2


def test_a_step_that_moves_no_kernel_is_an_error(checks, pair):
    model, ensemble = pair
    freeze(ensemble, "shared")
    with pytest.raises(RuntimeError, match=r"fast weights that move.*\['bias', 'fast'\]"):
        checks.check(model, ensemble, X, Y, onnx=False)


def test_a_loss_that_is_not_finite_is_an_error(checks, pair):
    model, ensemble = pair
    with pytest.raises(RuntimeError, match="finite loss.*a loss of nan"):
        checks.check(model, ensemble, np.full_like(X, np.nan), Y, onnx=False)

"""Conversion of a trained network: where fast weights begin."""

import keras
import numpy as np
import pytest

from be_keras.roles import FAST, weights_by_role
from experiments.image_training import ImageSettings, convert
from vision.data.images import make_images
from vision.data.scaling import Scaling
from vision.training.build import new_classifier

PIXELS = np.random.default_rng(0).integers(0, 255, (40, 4, 4, 1)).astype(np.uint8)
IMAGES = make_images(PIXELS, np.arange(40) % 3, "abc")
X = Scaling.of(IMAGES.images)(IMAGES.images)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return new_classifier(ImageSettings(width=0.0625), IMAGES)


def settings(**changes):
    return ImageSettings(width=0.0625, ensemble_size=2, fine_tune=5, **changes)


def test_signs_in_the_last_layer_alone(network):
    model = convert(network, settings(fast_where="last"), X)
    fast = {w.path: np.array(w) for w in weights_by_role(model)[FAST]}
    below = [value for path, value in fast.items() if "head" not in path]
    assert below and all(np.all(value == 1) for value in below)
    head = np.concatenate([v.ravel() for path, v in fast.items() if "head" in path])
    assert set(np.unique(head)) == {-1.0, 1.0}


def test_members_are_perturbed_to_a_target_disagreement(network):
    model = convert(network, settings(fast_initializer="ones", perturb=0.2), X)
    votes = model.predict(X, verbose=0).argmax(-1)
    assert 0.2 <= np.mean(votes[:, 0] != votes[:, 1]) < 0.4


def test_split_members_are_converted_too(network):
    model = convert(network, settings(fast_initializer="ones", members="split"), X)
    assert model.members == "split" and model.tiles == "inputs"
    np.testing.assert_allclose(model(X)[:, 1], network(X)[:, 0], atol=1e-5)

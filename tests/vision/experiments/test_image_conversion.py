"""Conversion of a trained network: where fast weights begin, and what members learn."""

import keras
import numpy as np
import pytest

from be_keras.roles import FAST, weights_by_role
from experiments.image_conversion import convert, targets, tuning
from vision.data.images import make_images
from vision.data.scaling import Scaling
from vision.settings import make_settings
from vision.training.build import new_classifier

PIXELS = np.random.default_rng(0).integers(0, 255, (40, 4, 4, 1)).astype(np.uint8)
IMAGES = make_images(PIXELS, np.arange(40) % 3, "abc")
X = Scaling.of(IMAGES.images)(IMAGES.images)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return new_classifier(make_settings(width=0.0625), IMAGES)


def settings(**changes):
    return make_settings(width=0.0625, ensemble_size=2, fine_tune=5, **changes)


def test_signs_in_the_last_layer_alone(network):
    model = convert(network, settings(fast_where="last"), X)
    fast = {w.path: np.array(w) for w in weights_by_role(model)[FAST]}
    below = [value for path, value in fast.items() if "head" not in path]
    assert below and all(np.all(value == 1) for value in below)
    head = np.concatenate([v.ravel() for path, v in fast.items() if "head" in path])
    assert set(np.unique(head)) == {-1.0, 1.0}


def test_members_are_set_apart_as_far_as_asked(network):
    model = convert(network, settings(fast_initializer="ones", perturb=0.2), X)
    votes = model.predict(X, verbose=0).argmax(-1)
    assert 0.2 <= np.mean(votes[:, 0] != votes[:, 1]) < 0.4


def test_split_members_are_converted_too(network):
    model = convert(network, settings(fast_initializer="ones", members="split"), X)
    assert model.members == "split" and model.tiles == "inputs"
    np.testing.assert_allclose(model(X)[:, 1], network(X)[:, 0], atol=1e-5)


def test_targets_mix_labels_and_predictions(network):
    labels = IMAGES.labels
    np.testing.assert_array_equal(targets(network, settings(), X, labels), np.eye(3)[labels])
    half = targets(network, settings(distill=0.5), X, labels)
    predictions = np.asarray(keras.ops.softmax(network(X)))[:, 0]
    np.testing.assert_allclose(half, (np.eye(3)[labels] + predictions) / 2, atol=1e-5)


def test_the_schedule_is_that_of_the_fine_tuning():
    assert tuning(settings(steps=100)).steps == 5

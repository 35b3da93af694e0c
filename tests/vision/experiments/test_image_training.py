"""Training: it learns, repeats itself on one seed, and branches off one network."""

import keras
import numpy as np
import pytest

from experiments import image_training as module
from experiments.image_training import ImageSettings, train_classifier
from vision.data.images import make_images
from vision.data.scaling import Scaling
from vision.training.build import new_classifier


def two_classes(count=64):
    """Bright left half or bright right half, with noise: anything learns it."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 2, count)
    pixels = draw.integers(0, 100, (count, 4, 4, 1))
    pixels[:, :, :2][labels == 0] += 120
    pixels[:, :, 2:][labels == 1] += 120
    return make_images(pixels.astype(np.uint8), labels)


IMAGES = two_classes()
SCALING = Scaling.of(IMAGES.images)
SMALL = dict(width=0.0625, batch_size=16, steps=40, learning_rate=0.1)


def trained(seed=0, **changes):
    keras.utils.set_random_seed(seed)
    model = train_classifier(ImageSettings(**{**SMALL, **changes}), IMAGES, SCALING)
    return np.asarray(model(SCALING(IMAGES.images)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ensemble_size": 3},
        {"ensemble_size": 4, "members": "split"},
        {"ensemble_size": 2, "heads": "independent", "biases": "shared"},
        {"model": "cnn"},
    ],
)
def test_it_learns(changes):
    logits = trained(**changes)
    assert logits.shape == (64, changes.get("ensemble_size") or 1, 2)
    right = logits.argmax(-1) == IMAGES.labels[:, None]
    assert right.mean() > 0.9


def test_flip_reaches_the_batches(monkeypatch):
    found = []

    class Seen(module.Batches):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            found.append((self.augmented, self.flip))

    monkeypatch.setattr(module, "Batches", Seen)
    trained(steps=1, augment=True, flip=False)
    trained(steps=1, augment=True)
    assert found == [(True, False), (True, True)]


def test_one_seed_repeats_itself_and_another_does_not():
    first = trained(ensemble_size=2)
    np.testing.assert_allclose(trained(ensemble_size=2), first, rtol=1e-4, atol=1e-4)
    assert np.abs(trained(seed=1, ensemble_size=2) - first).max() > 0.01


def test_members_that_never_part_stay_the_network_they_branched_from():
    changes = dict(
        ensemble_size=3, fast_initializer="ones", fast_weight_lr_multiplier=0.0, branch=0.5
    )
    logits = trained(**changes)
    assert np.ptp(logits, axis=1).max() < 1e-4
    apart = trained(**{**changes, "fast_initializer": "normal:1:0.5"})
    assert np.ptp(apart, axis=1).max() > 0.1


def test_the_schedule_goes_on_across_the_branching():
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(int(self.model.optimizer.iterations))

    fit = keras.Model.fit

    def watched(self, *args, **kwargs):
        return fit(self, *args, callbacks=[Watch()], **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "fit", watched)
        trained(ensemble_size=2, branch=0.25, steps=8)
    assert seen == list(range(1, 9))


def test_a_new_classifier_knows_nothing():
    model = new_classifier(ImageSettings(**SMALL, ensemble_size=2), IMAGES)
    assert int(model.optimizer.iterations) == 0
    assert model(SCALING(IMAGES.images)).shape == (64, 2, 2)


def test_converted_members_go_on_from_the_trained_network():
    network = trained()
    still = dict(fine_tune=1, learning_rate=1e-30)
    untrained = trained(learning_rate=1e-30, fast_initializer="ones")  # draws as many seeds
    same = trained(**{**still, "ensemble_size": 3, "fast_initializer": "ones"})
    np.testing.assert_allclose(same, np.repeat(untrained, 3, axis=1), atol=1e-4)
    apart = trained(fine_tune=10, ensemble_size=3, fast_initializer="normal:1:0.5")
    assert np.ptp(apart, axis=1).max() > 0.1
    assert (apart.argmax(-1) == IMAGES.labels[:, None]).mean() > 0.9
    apart = trained(fine_tune=1, ensemble_size=2, fast_initializer="ones", perturb=0.1, distill=0.5)
    assert np.ptp(apart, axis=1).max() > 0.1
    longer = trained(fine_tune=10)
    assert longer.shape == network.shape and np.abs(longer - network).max() > 1e-3

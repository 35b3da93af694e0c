"""Batches: every image once an epoch, another order each time, the same for the same seed."""

import keras
import numpy as np
import pytest

from vision.batches import Batches
from vision.images import make_images
from vision.scaling import Scaling

COUNT = 10
PIXELS = np.arange(COUNT, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
IMAGES = make_images(PIXELS, np.arange(COUNT))
PLAIN = Scaling((0.0,), (1.0,))


def drawn(batches):
    return [batches[step] for step in range(len(batches))]


def test_every_epoch_deals_all_images_in_another_order():
    batches = Batches(IMAGES, PLAIN, batch=5, steps=6)
    found = drawn(batches)
    for x, y in found:
        assert x.shape == (5, 2, 3, 1) and x.dtype == np.float32 and y.dtype == np.int32
        np.testing.assert_array_equal(x, y[:, None, None, None] * np.ones((1, 2, 3, 1)))
    epochs = [np.concatenate([y for _, y in found[i : i + 2]]) for i in (0, 2, 4)]
    assert all(sorted(epoch) == list(range(COUNT)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_batches_are_whole():
    found = drawn(Batches(IMAGES, PLAIN, batch=4, steps=5))
    assert [len(y) for _, y in found] == [4] * 5


def test_the_global_seed_decides_the_order():
    def order(seed):
        keras.utils.set_random_seed(seed)
        instances = [Batches(IMAGES, PLAIN, batch=5, steps=4) for _ in range(2)]
        return [tuple(y) for batches in instances for _, y in drawn(batches)]

    assert order(1) == order(1) != order(2)
    assert order(1)[:4] != order(1)[4:]


def test_augmented_batches_move_pixels():
    plain, moved = (
        drawn(Batches(IMAGES, PLAIN, 5, 2, augmented))[0] for augmented in (False, True)
    )
    assert plain[0].shape == moved[0].shape
    assert np.any(moved[0] != moved[1][:, None, None, None])


def test_fit_takes_them():
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(COUNT)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(Batches(IMAGES, PLAIN, 5, 7), verbose=0)
    assert int(model.optimizer.iterations) == 7


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="A batch of 11 .* got 10"):
        Batches(IMAGES, PLAIN, 11, 1)

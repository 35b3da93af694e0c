"""Batches: every image once an epoch, another order each time, the same for the same seed."""

import io

import keras
import numpy as np
import pytest
from PIL import Image

from be_tracks.errors import UserError
from vision.data.augmentation import augment
from vision.data.batches import Batches
from vision.data.images import make_images
from vision.data.lazy import LazyImages
from vision.data.scaling import Scaling

COUNT = 10
PIXELS = np.arange(COUNT, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 1), np.uint8)
IMAGES = make_images(PIXELS, np.arange(COUNT))
PLAIN = Scaling((0.0,), (1.0,))
CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


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
    model.compile("sgd", CROSS_ENTROPY, jit_compile=False)
    batches = Batches(IMAGES, PLAIN, 5, 7)
    model.fit(batches.stream(), steps_per_epoch=7, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 7


def test_a_stream_keeps_the_order():
    batches = Batches(IMAGES, PLAIN, batch=5, steps=3, seed=4)
    found = list(batches.stream())
    assert len(found) == 3
    for index, (x, y) in enumerate(found):
        expected = batches[index]
        np.testing.assert_array_equal(np.asarray(x), expected[0])
        np.testing.assert_array_equal(np.asarray(y), expected[1])


def test_what_images_in_memory_give():
    np.random.seed(5)
    seed = np.random.RandomState(5).randint(2**31)
    for step, (x, y) in enumerate(drawn(Batches(IMAGES, PLAIN, 4, 4, augmented=True))):
        order = np.random.default_rng((seed, step // 2)).permutation(COUNT)
        chosen = order[4 * (step % 2) : 4 * (step % 2) + 4]
        np.testing.assert_array_equal(y, IMAGES.labels[chosen])
        np.testing.assert_array_equal(x, augment(PIXELS[chosen], seed, step))


def test_digits_are_shifted_and_not_mirrored():
    slope = np.arange(100, 220, 4, dtype=np.uint8)  # brighter to the right, whatever the shift
    images = make_images(np.tile(slope, (COUNT, 10, 1))[..., None], np.arange(COUNT))

    def brighter_to_the_right(flip):
        batches = Batches(images, PLAIN, COUNT, 4, augmented=True, seed=0, flip=flip)
        middles = np.concatenate([x[:, 5, 5:-5, 0] for x, _ in drawn(batches)])
        return (np.diff(middles, axis=1) > 0).all(axis=1)

    assert brighter_to_the_right(flip=False).all()
    assert 0 < brighter_to_the_right(flip=True).sum() < 4 * COUNT


def later(pixels):
    """The same images as PNGs, decoded when they are needed."""
    files = [io.BytesIO() for _ in pixels]
    for file, image in zip(files, pixels, strict=True):
        Image.fromarray(image[..., 0]).save(file, "png")
    contents = [file.getvalue() for file in files]
    return LazyImages(contents, IMAGES.labels, IMAGES.class_names, pixels.shape[1:], "made")


def test_images_read_later_come_in_the_same_order():
    found = []
    for images in (IMAGES, later(PIXELS)):
        keras.utils.set_random_seed(1)
        found.append(drawn(Batches(images, PLAIN, 5, 4)))
    for (x, y), (later_x, later_y) in zip(*found, strict=True):
        np.testing.assert_array_equal(x, later_x)
        np.testing.assert_array_equal(y, later_y)


def test_images_read_later_are_cropped_and_not_shifted():
    slope = np.repeat(np.arange(100, 200, dtype=np.uint8)[None, None, :, None], COUNT, axis=0)
    images = later(np.repeat(slope, 100, axis=1))

    def first(seed):
        keras.utils.set_random_seed(seed)
        return Batches(images, PLAIN, COUNT, 1, augmented=True)[0][0]

    x = first(0)
    assert x.min() >= 100  # shifts would bring in zeros
    assert len(np.unique(x[:, 50, :, 0], axis=0)) == COUNT
    np.testing.assert_array_equal(x, first(0))
    assert np.any(x != first(1))


def test_fit_takes_images_read_later_in_their_order():
    weights = []
    for images in (IMAGES, later(PIXELS)):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(COUNT)])
        model.compile("sgd", CROSS_ENTROPY, jit_compile=False)
        batches = Batches(images, PLAIN, 2, 12).stream()
        model.fit(batches, steps_per_epoch=12, verbose=0, shuffle=False)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="A batch of 11 .* got 10"):
        Batches(IMAGES, PLAIN, 11, 1)


def test_a_start_passes_batches_over():
    whole = drawn(Batches(IMAGES, PLAIN, 4, 7, augmented=True, seed=3))
    for start in (0, 2, 5):
        rest = drawn(Batches(IMAGES, PLAIN, 4, 7 - start, augmented=True, seed=3, start=start))
        for (x, y), (x_whole, y_whole) in zip(rest, whole[start:], strict=True):
            np.testing.assert_array_equal(x, x_whole)
            np.testing.assert_array_equal(y, y_whole)
    other = drawn(Batches(IMAGES, PLAIN, 4, 7, seed=4))
    assert [tuple(y) for _, y in other] != [tuple(y) for _, y in whole]


def test_images_read_later_are_mirrored_or_refused():
    with pytest.raises(UserError, match="flip=false takes images in memory"):
        Batches(later(PIXELS), PLAIN, 5, 1, augmented=True, flip=False)

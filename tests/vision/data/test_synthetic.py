"""Made images: draws that repeat, splits that share nothing, labels as likely as they look."""

import numpy as np
import pytest

from be_tracks.errors import UserError
from vision.data import synthetic
from vision.data.synthetic import OOD_SHAPES, SHAPES, TEXTURES, synthetic_images, synthetic_ood


def kinds_of(images):
    """Every image as bytes, to count them."""
    return {image.tobytes() for image in images.images}


def test_the_same_seed_gives_the_same():
    one, same = synthetic_images(50, seed=3), synthetic_images(50, seed=3)
    np.testing.assert_array_equal(one.images, same.images)
    np.testing.assert_array_equal(one.labels, same.labels)
    assert not np.array_equal(one.images, synthetic_images(50, seed=4).images)


@pytest.mark.parametrize("fewer", [1, 7, synthetic.CHUNK, synthetic.CHUNK + 1])
def test_fewer_images_are_the_first_of_more(fewer):
    more = synthetic_images(2 * synthetic.CHUNK + 20)
    few = synthetic_images(fewer)
    np.testing.assert_array_equal(few.images, more.images[:fewer])
    np.testing.assert_array_equal(few.labels, more.labels[:fewer])


def test_no_image_comes_twice():
    sets = [
        synthetic_images(500),
        synthetic_images(500, split="test"),
        synthetic_images(500, seed=1),
    ]
    sets.append(synthetic_ood(500))
    assert len(set.union(*map(kinds_of, sets))) == 2000


@pytest.mark.parametrize(("size", "channels", "classes"), [(16, 3, 10), (8, 1, 2), (33, 1, 20)])
def test_shapes_and_classes(size, channels, classes):
    images = synthetic_images(400, classes, size, channels)
    assert images.images.shape == (400, size, size, channels)
    assert len(set(images.class_names)) == classes
    assert images.class_names[:2] == ("plain disk", "plain square")
    counts = np.bincount(images.labels, minlength=classes)
    assert counts.min() > 0.3 * 400 / classes and counts.sum() == 400
    ood = synthetic_ood(40, size, channels)
    assert ood.shape == images.shape and ood.class_names == OOD_SHAPES
    assert set(ood.labels.tolist()) == set(range(5))


def test_what_training_images_teach_holds_for_test_images():
    def pixels(images):
        flat = images.images.reshape(len(images), -1) / 255 - 0.5
        # Squares tell the pixels of stripes from those of plain shapes.
        return np.concatenate([flat, flat**2, np.ones((len(flat), 1))], axis=1)

    train, test = (synthetic_images(2000, channels=1, split=split) for split in ("train", "test"))
    targets = np.eye(10)[train.labels]
    x = pixels(train)
    weights = np.linalg.solve(x.T @ x + 5 * np.eye(x.shape[1]), x.T @ targets)
    accuracy = np.mean(np.argmax(pixels(test) @ weights, axis=1) == test.labels)
    assert accuracy > 0.3  # 0.1 by chance


def test_labels_of_blends_are_drawn_by_their_shares(monkeypatch):
    def painted(image, chosen, kinds, draw):
        return np.zeros_like(image) + np.float32(0.25 + 0.5 * chosen[:, None, None, None])

    # A picture of class 0 is dark and one of class 1 bright, so that a blend shows its shares.
    monkeypatch.setattr(synthetic, "_paint", painted)
    monkeypatch.setattr(synthetic, "BLENDED", 1.0)
    images = synthetic_images(6000, classes=2, size=8, channels=1)
    share = (images.images.mean((1, 2, 3)) / 255 - 0.25) / 0.5
    for low in np.arange(0, 1, 0.2):
        inside = (share > low) & (share <= low + 0.2)
        assert inside.sum() > 300
        expected = share[inside].mean()
        error = 4 * (expected * (1 - expected) / inside.sum()) ** 0.5 + 0.02
        assert abs(images.labels[inside].mean() - expected) < error


def test_few_images_are_blends(monkeypatch):
    before = synthetic_images(1000)
    monkeypatch.setattr(synthetic, "BLENDED", 0.0)
    after = synthetic_images(1000)
    changed = np.any(before.images != after.images, axis=(1, 2, 3))
    assert 0.15 < changed.mean() < 0.25
    relabelled = before.labels != after.labels
    assert 0.02 < relabelled.mean() < 0.08 and not np.any(relabelled & ~changed)


@pytest.mark.parametrize("shape", SHAPES + OOD_SHAPES)
def test_shapes_lie_within_their_radius_and_differ(shape):
    line = np.linspace(-1.5, 1.5, 61)
    x, y = np.meshgrid(line, line)
    inside = synthetic._INSIDE[shape](x, y) > 0
    assert 0.02 < inside.mean() < 0.4
    assert not np.any(inside & (np.maximum(np.abs(x), np.abs(y)) > 1.15))
    for other in set(SHAPES + OOD_SHAPES) - {shape}:
        assert np.mean(inside != (synthetic._INSIDE[other](x, y) > 0)) > 0.05


def test_known_points_of_shapes():
    def inside(shape, x, y):
        return synthetic._INSIDE[shape](np.float32(x), np.float32(y)) > 0

    assert inside("disk", 0.6, 0.6) and not inside("disk", 0.7, 0.7)
    assert inside("square", 0.7, 0.7) and not inside("square", 0, 0.9)
    assert inside("triangle", 0, -0.9) and not inside("triangle", 0.6, -0.6)
    assert inside("cross", 0, 0.9) and inside("cross", 0.9, 0) and not inside("cross", 0.5, 0.5)
    assert inside("ring", 0.7, 0) and not inside("ring", 0, 0)


@pytest.mark.parametrize("texture", TEXTURES)
def test_textures_are_shares_of_brightness(texture):
    x, y = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 40))
    bright = synthetic._BRIGHT[texture](x, y, 0.3)
    assert bright.min() >= 0 and bright.max() > 0.9 and bright.max() <= 1
    assert (np.ptp(bright) > 0.8) == (texture != "plain")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "at least 1 image .* got 0 of 16 pixels"),
        ({"size": 7}, "got 5 of 7 pixels"),
        ({"channels": 2}, "2 channels"),
        ({"seed": -1}, "the seed -1"),
        ({"classes": 1}, "2 to 20 classes of synthetic images; got 1"),
        ({"classes": 21}, "2 to 20 classes of synthetic images; got 21"),
        ({"split": "valid"}, "train or test; got 'valid'"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(UserError, match=message):
        synthetic_images(**{"count": 5, **arguments})
    if not {"classes", "split"} & arguments.keys():
        with pytest.raises(UserError, match=message):
            synthetic_ood(**{"count": 5, **arguments})

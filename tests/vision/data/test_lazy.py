"""Images decoded later: the same as decoded at once, whatever thread comes first."""

import io

import numpy as np
import pytest
from PIL import Image

from be_tracks.errors import UserError
from vision.data import lazy
from vision.data.images import Images
from vision.data.lazy import LazyImages, common_shape, gather, too_large

NAMES = ("a", "b", "c")


def png(array):
    """The bytes of a PNG of an array `(H, W)` or `(H, W, 3)`."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, "png")
    return file.getvalue()


def arrays(count=6, shape=(8, 8, 3)):
    draw = np.random.default_rng(0)
    return [draw.integers(0, 256, shape, np.uint8) for _ in range(count)]


def make(contents, shape=(8, 8, 3), labels=None):
    labels = np.arange(len(contents)) % 3 if labels is None else np.array(labels)
    return LazyImages(contents, labels, NAMES, shape, "made")


def test_pictures_of_the_size_come_as_they_are():
    pictures = arrays()
    images = make([png(each) for each in pictures])
    assert len(images) == 6 and images.shape == (8, 8, 3) and images.class_names == NAMES
    assert images.labels.tolist() == [0, 1, 2, 0, 1, 2] and images.labels.dtype == np.int32
    chosen = np.array([4, 0, 4])
    found = images.pixels(chosen)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.stack([pictures[i] for i in chosen]))


def test_the_middle_of_larger_pictures():
    # 320 high: the shorter side of 256 stays, and 224 in the middle are cut out.
    picture = arrays(1, (320, 256, 3))[0]
    found = make([png(picture)], (224, 224, 3)).pixels(np.array([0]))
    np.testing.assert_array_equal(found[0], picture[48:272, 16:240])


def test_draws_follow_their_generator():
    images = make([png(each) for each in arrays(20, (12, 16, 3))])
    chosen = np.arange(20)

    def drawn(seed):
        return images.pixels(chosen, np.random.default_rng(seed))

    first = drawn(0)
    assert first.shape == (20, 8, 8, 3)
    np.testing.assert_array_equal(first, drawn(0))
    assert np.any(first != drawn(1), axis=(1, 2, 3)).all()
    assert np.any(first != images.pixels(chosen), axis=(1, 2, 3)).all()


def test_half_of_the_draws_are_mirrored():
    # Brighter to the right: a crop keeps that, a mirror turns it.
    slope = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None], 64, axis=0)
    images = make([png(slope)], (8, 8, 1))
    found = images.pixels(np.zeros(200, int), np.random.default_rng(0)).astype(int)[..., 0]
    steps = np.diff(found, axis=2)
    rising, falling = (steps > 0).all((1, 2)), (steps < 0).all((1, 2))
    assert (rising | falling).all() and 70 < rising.sum() < 130
    spans = np.abs(found[:, 0, -1] - found[:, 0, 0])
    assert spans.min() < 80 and spans.max() > 200  # small crops and large ones


def test_selections():
    pictures = arrays()
    images = make([png(each) for each in pictures])
    part = images.select(np.array([5, 1, 5])).select(np.array([2, 1]))
    assert len(part) == 2 and part.labels.tolist() == [2, 1] and len(images) == 6
    np.testing.assert_array_equal(part.pixels(np.arange(2)), np.stack([pictures[5], pictures[1]]))
    every = gather(images._contents, images.labels, NAMES, (8, 8, 3), "made", lazy=False)
    drawn, expected = images.take(4, seed=3), every.take(4, seed=3)
    np.testing.assert_array_equal(drawn.pixels(np.arange(4)), expected.images)
    np.testing.assert_array_equal(drawn.labels, expected.labels)
    with pytest.raises(UserError, match="take 1 to 6 images; got 7"):
        images.take(7, seed=0)


def test_gathered_images_are_decoded_at_once_or_later(tmp_path):
    pictures = arrays(lazy.CHUNK + 3, (8, 6, 3))
    paths = []
    for i, picture in enumerate(pictures):
        paths.append(str(tmp_path / f"{i}.png"))
        (tmp_path / f"{i}.png").write_bytes(png(picture))
    labels = np.arange(len(paths)) % 3
    images = gather(paths, labels, NAMES, (6, 6, 3), "made", lazy=False)
    assert isinstance(images, Images)
    np.testing.assert_array_equal(images.images, np.stack(pictures)[:, 1:7])
    np.testing.assert_array_equal(images.labels, labels)
    later = gather(paths, labels, NAMES, (8, 6, 3), "made", lazy=True)
    assert isinstance(later, LazyImages)
    np.testing.assert_array_equal(later.pixels(np.arange(len(paths))), np.stack(pictures))


def test_what_is_too_large(monkeypatch):
    assert not too_large(50_000, (32, 32, 3)) and too_large(50_000, (224, 224, 3))
    monkeypatch.setattr(lazy, "MEMORY_LIMIT", 300)
    assert not too_large(3, (10, 10, 1)) and too_large(4, (10, 10, 1))


def test_shapes_that_pictures_have_in_common():
    grey, colour = png(arrays(1, (4, 6))[0]), png(arrays(1, (4, 6, 3))[0])
    assert common_shape([grey, grey], None, "x") == (4, 6, 1)
    many = [grey] * (lazy.CHUNK + 1)
    assert common_shape([*many, colour], None, "x") == (4, 6, 3)
    assert common_shape([*many, colour], 5, "x") == (5, 5, 3)
    assert common_shape(many, 5, "x") == (5, 5, 1)


def test_sizes_that_differ_need_one():
    contents = [png(arrays(1, shape)[0]) for shape in ((4, 6), (4, 6), (6, 4))]
    message = "image 0 of x has 4 x 6 pixels and image 2 of x 6 x 4. Give the size wanted"
    with pytest.raises(UserError, match=message):
        common_shape(contents, None, "x")
    assert common_shape(contents, 4, "x") == (4, 4, 1)


def test_broken_images_are_named():
    contents = [*map(png, arrays(3)), b"broken"]
    labels = np.zeros(4, int)
    with pytest.raises(UserError, match="image 3 of made cannot be read"):
        gather(contents, labels, NAMES, (8, 8, 3), "made", lazy=False)
    with pytest.raises(UserError, match="image 3 of made cannot be read"):
        common_shape(contents, None, "made")
    images = make(contents, labels=labels)
    assert images.pixels(np.arange(3)).shape == (3, 8, 8, 3)
    with pytest.raises(UserError, match="image 3 of made cannot be read"):
        images.select(np.array([3])).pixels(np.array([0]))


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 3], "0 to 2 for 3 classes; got 3 for image 1"), ([0], "each of 2 images; got 1 labels")],
)
def test_wrong_labels(labels, message, later):
    contents = [png(each) for each in arrays(2)]
    with pytest.raises(UserError, match=message):
        gather(contents, np.array(labels), NAMES, (8, 8, 3), "made", later)

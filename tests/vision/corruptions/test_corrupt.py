"""What holds for all corruptions: how strong they are, what they depend on, what is refused."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from be_tracks.errors import UserError
from vision.corruptions import NAMES, SEVERITIES, corrupt

# The mean absolute change of the four made pictures, in grey levels, at severities 1 to 5. The
# random ones hold for NumPy's present generator, JPEG for Pillow's present encoder.
CHANGES = {
    "gaussian_noise": (8.16, 12.0, 16.1, 17.7, 19.8),
    "shot_noise": (6.08, 8.57, 13.4, 15.2, 18.7),
    "impulse_noise": (1.31, 2.62, 3.95, 6.34, 9.25),
    "defocus_blur": (1.20, 3.15, 4.78, 6.19, 8.91),
    "glass_blur": (7.65, 7.54, 8.26, 14.9, 14.9),
    "motion_blur": (6.22, 8.41, 12.7, 11.4, 13.8),
    "zoom_blur": (3.67, 6.84, 9.20, 11.8, 14.1),
    "snow": (11.4, 24.2, 28.0, 44.7, 55.2),
    "frost": (23.8, 34.1, 37.0, 29.9, 31.8),
    "fog": (11.4, 21.6, 27.5, 30.5, 36.9),
    "brightness": (9.42, 18.7, 26.9, 35.3, 48.5),
    "contrast": (12.3, 24.5, 29.4, 34.3, 41.7),
    "elastic_transform": (17.4, 16.5, 12.9, 15.1, 10.5),
    "pixelate": (0.99, 1.72, 1.32, 8.18, 3.89),
    "jpeg_compression": (8.95, 10.9, 11.4, 11.9, 12.4),
}
# The published constants of the others do not grow in all their parts.
GROWING = (
    *("gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "zoom_blur", "snow"),
    *("fog", "brightness", "contrast", "pixelate", "jpeg_compression"),
)
# Those whose draws do not depend on the number of channels.
ALIKE_IN_GREY = (
    *("defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "snow", "frost", "fog"),
    *("brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression"),
)
RANDOM = tuple(
    name
    for name in NAMES
    if name
    not in {"defocus_blur", "zoom_blur", "brightness", "contrast", "pixelate", "jpeg_compression"}
)
SHAPES = [(8, 8, 1), (8, 8, 3), (28, 28, 1), (9, 21, 3), (45, 33, 1), (1, 1, 3)]


def change(before, after):
    return np.abs(after.astype(float) - before).mean()


def surfaces():
    """Images of soft random textures, which lie on no grid as the pictures' edges do."""
    texture = np.random.default_rng(1).normal(0, 150, (8, 32, 32, 3))
    texture = gaussian_filter(texture, (0, 1, 1, 0))
    return np.clip(120 + texture, 0, 255).astype(np.uint8)


def test_the_names_are_the_papers():
    assert NAMES == tuple(CHANGES)
    assert SEVERITIES == (1, 2, 3, 4, 5)


@pytest.mark.parametrize("name", NAMES)
def test_how_much_is_changed(pictures, name):
    images = pictures()
    changes = [change(images, corrupt(images, name, severity)) for severity in SEVERITIES]
    np.testing.assert_allclose(changes, CHANGES[name], rtol=6e-3)


@pytest.mark.parametrize("name", GROWING)
def test_severities_grow(name):
    images = surfaces()
    changes = [change(images, corrupt(images, name, severity)) for severity in SEVERITIES]
    assert changes == sorted(changes) and changes[0] > 0.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes_stay(name, shape):
    images = np.random.default_rng(0).integers(0, 256, (2, *shape)).astype(np.uint8)
    before = images.copy()
    for severity in SEVERITIES:
        corrupted = corrupt(images, name, severity)
        assert corrupted.shape == images.shape and corrupted.dtype == np.uint8
        assert not np.shares_memory(corrupted, images)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_stay_in_range(name, value):
    # A number that wrapped around would turn white into black or back.
    images = np.full((1, 32, 32, 3), value, np.uint8)
    corrupted = corrupt(images, name, 5)
    assert abs(corrupted.mean() - value) < 128


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_corrupted_alike_in_any_company(pictures, name):
    images = pictures()
    together = corrupt(images, name, 3, seed=5)
    np.testing.assert_array_equal(corrupt(images[:2], name, 3, seed=5), together[:2])
    others = np.concatenate([255 - images[:2], images[2:], images])
    np.testing.assert_array_equal(corrupt(others, name, 3, seed=5)[2:4], together[2:])
    np.testing.assert_array_equal(corrupt(images, name, np.int64(3), seed=np.int64(5)), together)


@pytest.mark.parametrize("name", NAMES)
def test_seeds_and_places_draw_anew(pictures, name):
    images = np.repeat(pictures()[:1], 2, axis=0)
    first, other = corrupt(images, name, 4), corrupt(images, name, 4, seed=1)
    assert (not np.array_equal(first, other)) == (name in RANDOM)
    assert (not np.array_equal(first[0], first[1])) == (name in RANDOM)


@pytest.mark.parametrize("name", ALIKE_IN_GREY)
def test_grey_images_are_corrupted_as_grey_colours_are(pictures, name):
    grey = pictures()[..., :1]
    for severity in SEVERITIES:
        colours = corrupt(np.repeat(grey, 3, axis=-1), name, severity).astype(float)
        luminance = colours @ [0.299, 0.587, 0.114]
        difference = np.abs(luminance - corrupt(grey, name, severity)[..., 0])
        # Where ice makes one channel white before the others, the two part by its colour.
        limit = 12 if name == "frost" else 1.01
        assert difference.max() <= limit and difference.mean() < 0.6


@pytest.mark.parametrize(
    "name",
    [
        *("defocus_blur", "glass_blur", "motion_blur", "zoom_blur"),
        *("snow", "frost", "fog", "elastic_transform"),
    ],
)
def test_large_images_are_corrupted_as_visibly(pictures, name):
    small = np.repeat(pictures(), 4, axis=0)
    large = small.repeat(4, axis=1).repeat(4, axis=2)
    shrunk = corrupt(large, name, 5).reshape(16, 32, 4, 32, 4, 3).mean(axis=(2, 4))
    corrupted = corrupt(small, name, 5)
    assert 0.7 < change(small, shrunk) / change(small, corrupted) < 1.3
    if name in ("defocus_blur", "motion_blur", "zoom_blur"):
        assert change(corrupted, shrunk) < 0.25 * change(small, corrupted)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("gausian_noise", "did you mean gaussian_noise"), ("?", "known are gaussian_noise, shot")],
)
def test_an_unknown_name_is_answered_with_known_ones(pictures, name, hint):
    with pytest.raises(UserError, match=f"unknown corruption .*{hint}"):
        corrupt(pictures(), name, 1)


@pytest.mark.parametrize("severity", [0, 6, -1, 2.0, "3", True, None])
def test_other_severities_are_refused(pictures, severity):
    with pytest.raises(UserError, match="severity from 1 .* to 5"):
        corrupt(pictures(), "fog", severity)


@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_other_seeds_are_refused(pictures, seed):
    with pytest.raises(UserError, match="seed that is an integer, 0 or more"):
        corrupt(pictures(), "fog", 1, seed=seed)


@pytest.mark.parametrize(
    ("images", "came"),
    [
        (np.zeros((2, 8, 8, 3)), r"float64 \(2, 8, 8, 3\)"),
        (np.zeros((8, 8, 3), np.uint8), r"uint8 \(8, 8, 3\)"),
        (np.zeros((2, 8, 8, 4), np.uint8), r"uint8 \(2, 8, 8, 4\)"),
        (np.zeros((0, 8, 8, 3), np.uint8), r"uint8 \(0, 8, 8, 3\)"),
        ([[0]], "NumPy array; got list"),
    ],
)
def test_other_arrays_are_refused(images, came):
    with pytest.raises(UserError, match=came):
        corrupt(images, "fog", 1)

"""Contrast by its deviation, warps by where pixels come from, coarse pixels and JPEG by Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from vision.corruptions import SEVERITIES, corrupt


def map_of_places(side, count):
    """Images whose first two channels say in which row and column a pixel is."""
    rows, columns = np.mgrid[:side, :side] * (248 / side)
    image = np.stack([rows, columns, 0 * rows], axis=-1)
    return np.repeat(np.rint(image)[None], count, axis=0).astype(np.uint8)


def sources(warped):
    """For one warped map, the places that pixels came from, and their own.

    Only those from around the middle: what comes from near the border may be a reflection.
    """
    side = len(warped)
    came = warped[..., :2] * (side / 248)
    here = np.moveaxis(np.mgrid[:side, :side], 0, -1)
    inside = np.all((came > 0.3 * side) & (came < 0.7 * side), axis=-1)
    return came[inside], here[inside]


def fit(places, images):
    """The affine map from places to images `(P, 2)`, and what it leaves over."""
    places = np.column_stack([places, np.ones(len(places))])
    solution = np.linalg.lstsq(places, images, rcond=None)[0]
    return solution, images - places @ solution


@pytest.mark.parametrize("channels", [1, 3])
def test_contrast_scales_deviations_about_the_mean(pictures, channels):
    images = pictures()[..., :channels]
    means, deviations = images.mean(axis=(1, 2)), images.std(axis=(1, 2))
    for severity, share in zip(SEVERITIES, (0.75, 0.5, 0.4, 0.3, 0.15), strict=True):
        after = corrupt(images, "contrast", severity)
        np.testing.assert_allclose(after.mean(axis=(1, 2)), means, atol=0.5)
        np.testing.assert_allclose(after.std(axis=(1, 2)), share * deviations, rtol=0.02)


@pytest.mark.parametrize("side", [32, 96])
def test_the_mildest_warp_moves_three_corners(side):
    reached = []
    for warped in corrupt(map_of_places(side, 30), "elastic_transform", 1):
        came, here = sources(warped)
        forth, rest = fit(came, here)
        assert np.abs(rest).max() < 0.03 * side  # affine, but for the rounding of colours
        corners = side // 2 + np.array([[1, 1], [1, -1], [-1, -1]]) * side * 10 / 32
        moved = np.column_stack([corners, np.ones(3)]) @ forth
        reached.append(np.abs(moved - corners).max())
    assert 0.06 * side < max(reached) < 0.083 * side


@pytest.mark.parametrize("side", [32, 96])
def test_the_strongest_warp_shifts_locally(side):
    left = []
    for warped in corrupt(map_of_places(side, 30), "elastic_transform", 5):
        came, here = sources(warped)
        left.append(fit(here, came)[1].ravel())
    # Smoothed over s pixels, uniform numbers from -1 to 1 deviate by 1 / sqrt(3) / (2 s sqrt(pi)).
    expected = 0.1 * 32 / np.sqrt(3) / (2 * 0.03 * 32 * np.sqrt(np.pi)) * side / 32
    assert np.concatenate(left).std() == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(("side", "grid"), [(32, 32), (64, 32), (28, 28)])
def test_pixelate_equals_resizing(pictures, side, grid):
    images = pictures(side)
    for severity, share in zip(SEVERITIES, (0.95, 0.9, 0.85, 0.75, 0.65), strict=True):
        small = int(grid * share)
        for before, after in zip(images, corrupt(images, "pixelate", severity), strict=True):
            coarse = Image.fromarray(before).resize((small, small), Image.Resampling.BOX)
            expected = coarse.resize((side, side), Image.Resampling.BOX)
            np.testing.assert_array_equal(after, np.asarray(expected))


def test_pixelated_images_keep_their_two_sides(pictures):
    wide = pictures(64)[:, :32]
    coarse = np.asarray(Image.fromarray(wide[0]).resize((41, 20), Image.Resampling.BOX))
    assert {tuple(p) for p in corrupt(wide, "pixelate", 5)[0].reshape(-1, 3)} == {
        tuple(p) for p in coarse.reshape(-1, 3)
    }


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_equals_pillows(pictures, channels):
    images = pictures()[..., :channels]
    for severity, quality in zip(SEVERITIES, (80, 65, 58, 50, 40), strict=True):
        corrupted = corrupt(images, "jpeg_compression", severity)
        for before, after in zip(images, corrupted, strict=True):
            file = io.BytesIO()
            picture = Image.fromarray(before[..., 0] if channels == 1 else before)
            picture.save(file, "jpeg", quality=quality)
            with Image.open(file) as picture:
                assert picture.mode == ("RGB" if channels == 3 else "L")
                np.testing.assert_array_equal(after, np.asarray(picture).reshape(before.shape))

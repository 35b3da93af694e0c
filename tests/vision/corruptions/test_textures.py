"""Clouds and ice: their range, their roughness, and that draws differ."""

import numpy as np
import pytest

from vision.corruptions.textures import clouds, ice


def draws(count):
    return [np.random.default_rng(seed) for seed in range(count)]


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 64)])
def test_clouds_fill_their_range(height, width):
    field = clouds(height, width, 2, np.random.default_rng(0))
    assert field.shape == (height, width) and field.min() == 0 and field.max() == 1


def test_clouds_of_other_sizes_are_cut_out_of_a_tile():
    whole = clouds(64, 64, 1.5, np.random.default_rng(3))
    np.testing.assert_array_equal(clouds(40, 64, 1.5, np.random.default_rng(3)), whole[:40])
    small = clouds(8, 8, 1.5, np.random.default_rng(3))
    whole = clouds(32, 32, 1.5, np.random.default_rng(3))
    np.testing.assert_array_equal(small, whole[:8, :8])


def test_clouds_go_on_across_the_border_of_their_tile():
    fields = np.stack([clouds(32, 32, 3, draw) for draw in draws(40)])
    inside = np.abs(np.diff(fields, axis=2)).mean()
    across = np.abs(fields[:, :, 0] - fields[:, :, -1]).mean()
    assert 0.5 < across / inside < 2


def test_clouds_are_rougher_the_slower_they_decay():
    roughness = []
    for decay in (3, 2.5, 2, 1.75, 1.2):
        fields = np.stack([clouds(32, 32, decay, draw) for draw in draws(20)])
        roughness.append(np.diff(fields, axis=2).std() / fields.std())
    assert roughness == sorted(roughness) and roughness[4] > 1.5 * roughness[0]


@pytest.mark.parametrize("size", [(8, 8), (32, 32), (40, 100), (128, 128)])
def test_ice_is_bright_and_uneven_at_any_size(size):
    fields = np.stack([ice(*size, draw) for draw in draws(8)])
    assert fields.shape == (8, *size)
    assert fields.min() >= 0 and fields.max() <= 1
    assert 0.35 < fields.mean() < 0.65 and fields.std() > 0.12
    assert len({field.tobytes() for field in fields}) == 8


def test_crystals_grow_with_the_image():
    def fineness(side):
        fields = np.stack([ice(side, side, draw) for draw in draws(8)])
        return np.diff(fields, axis=2).std() / fields.std()

    assert 3 < fineness(64) / fineness(256) < 5

"""Packed JPEGs against Pillow, which reads each file by itself."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from be_tracks.errors import UserError
from vision.data.jpeg import CHUNK, decode_packed


def pack(pictures):
    """Header, data and offsets of arrays `(H, W)` or `(H, W, 3)`, and the files themselves."""
    files = []
    for picture in pictures:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "jpeg")
        files.append(file.getvalue())
    header = os.path.commonprefix(files)
    rests = [file[len(header) :] for file in files]
    offsets = np.cumsum([0, *map(len, rests)]).astype(np.uint32)
    arrays = [np.frombuffer(part, np.uint8) for part in (header, b"".join(rests))]
    return *arrays, offsets, files


@pytest.mark.parametrize("shape", [(8, 7), (8, 7, 3)])
def test_equals_files_read_one_by_one(shape):
    pictures = np.random.default_rng(0).integers(0, 256, (CHUNK + 3, *shape)).astype(np.uint8)
    header, data, offsets, files = pack(pictures)
    assert len(header) > 100
    images = decode_packed(header, data, offsets, "made")
    assert images.dtype == np.uint8
    expected = [np.asarray(Image.open(io.BytesIO(file))) for file in files]
    np.testing.assert_array_equal(images, expected)


def test_an_unreadable_image_is_named():
    pictures = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3)).astype(np.uint8)
    header, data, offsets, _ = pack(pictures)
    cut = np.concatenate([data[: offsets[2]], data[offsets[3] :]])  # nothing is left of image 2
    offsets[3:] -= offsets[3] - offsets[2]
    with pytest.raises(UserError, match="image 2 of made.npz cannot be read"):
        decode_packed(header, cut, offsets, "made.npz")
    with pytest.raises(UserError, match="image 0 of made.npz cannot be read"):
        decode_packed(np.zeros(9, np.uint8), cut, offsets, "made.npz")


def test_an_image_of_another_size_is_named():
    pictures = [np.zeros((8, 8, 3), np.uint8)] * 3 + [np.zeros((8, 9, 3), np.uint8)]
    header, data, offsets, _ = pack(pictures)
    with pytest.raises(UserError, match=r"image 3 of x has shape \(8, 9, 3\); .* \(8, 8, 3\)"):
        decode_packed(header, data, offsets, "x")


@pytest.mark.parametrize("offsets", [[0], [1, 5], [0, 4], [[0, 5]], []])
def test_offsets_that_do_not_fit(offsets):
    with pytest.raises(UserError, match="from 0 to its 5 bytes"):
        decode_packed(np.zeros(2, np.uint8), np.zeros(5, np.uint8), np.array(offsets, int), "x")

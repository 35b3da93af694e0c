"""The idx format: a file written by hand, and every way in which one can be wrong."""

import gzip

import numpy as np
import pytest

from be_tracks.errors import UserError
from vision.data.idx import read_array, read_idx

# Two images of 2 x 3 pixels, and their labels, byte by byte.
IMAGES = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, *range(12)])
LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 1, 0])


@pytest.fixture
def write(tmp_path):
    """A function: writes bytes to a new file and gives its path."""

    def write(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_known_file(write, pack):
    images = read_idx(write(pack(IMAGES), "images"), write(pack(LABELS), "labels"), ("no", "yes"))
    expected = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    np.testing.assert_array_equal(images.images[..., 0], expected)
    assert images.labels.tolist() == [1, 0]
    assert images.class_names == ("no", "yes")


def test_large_dimensions_are_read_from_their_high_bytes(write):
    content = bytes([0, 0, 8, 1, 0, 1, 0, 2]) + bytes(65538)
    assert read_array(write(content), 1).shape == (65538,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (LABELS, "begins with the bytes 0 0 8 3; got 0 0 8 1. Are images and labels swapped"),
        (b"", "idx file of unsigned bytes with 3 dimensions"),
        (IMAGES[:9], "idx file of unsigned bytes with 3 dimensions"),
        (bytes([0, 0, 13, 3]) + IMAGES[4:], "got 0 0 13 3"),
        (IMAGES[:-1], r"expected 12 values in .*, which says it holds \(2, 2, 3\); got 11"),
        (IMAGES + b"0", "expected 12 values in .*; got 13"),
        # The time would stand in the names of the tests, which all workers have to agree on.
        (gzip.compress(IMAGES, mtime=0)[:-9], "readable idx file; got"),
        (gzip.compress(IMAGES, mtime=0)[:12] + bytes(30), "readable idx file; got"),
    ],
)
def test_damaged_files(write, content, message):
    with pytest.raises(UserError, match=message):
        read_array(write(content), 3)


def test_files_that_do_not_belong_together(write):
    labels = bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 1])
    with pytest.raises(UserError, match="each of 2 images; got 3 labels"):
        read_idx(write(IMAGES, "images"), write(labels, "labels"))
    with pytest.raises(UserError, match="0 to 0 for 1 classes; got 1 for image 0"):
        read_idx(write(IMAGES, "images"), write(LABELS, "labels"), ("only",))


def test_a_missing_file(write, tmp_path):
    with pytest.raises(UserError, match="readable idx file; got .*nowhere"):
        read_idx(tmp_path / "nowhere", write(LABELS))

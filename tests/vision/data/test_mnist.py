"""Folders of idx files: which files are read, and what is said of the others."""

import gzip
import struct

import numpy as np
import pytest

from be_tracks.errors import UserError
from vision.data.mnist import is_mnist, read_array, read_mnist


def idx(array):
    return (
        bytes((0, 0, 8, array.ndim))
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.astype(np.uint8).tobytes()
    )


@pytest.fixture
def arrays():
    """Images and labels by split; the test split lacks the last class."""
    draw = np.random.default_rng(0)
    return {
        "train": (draw.integers(0, 256, (6, 4, 5)), np.array([2, 0, 1, 2, 0, 1])),
        "t10k": (draw.integers(0, 256, (3, 4, 5)), np.array([1, 0, 1])),
    }


@pytest.fixture
def write(tmp_path, arrays):
    """A function: writes the four files, plain or gzipped, and gives their folder."""

    def write(ending="-ubyte", pack=bytes):
        for part, (images, labels) in arrays.items():
            (tmp_path / f"{part}-images-idx3{ending}").write_bytes(pack(idx(images)))
            (tmp_path / f"{part}-labels-idx1{ending}").write_bytes(pack(idx(labels)))
        return tmp_path

    return write


@pytest.mark.parametrize(("ending", "pack"), [("-ubyte", bytes), ("-ubyte.gz", gzip.compress)])
def test_both_splits(write, arrays, ending, pack):
    folder = write(ending, pack)
    assert is_mnist(folder)
    for split, part in (("train", "train"), ("test", "t10k")):
        images = read_mnist(folder, split)
        np.testing.assert_array_equal(images.images[..., 0], arrays[part][0])
        np.testing.assert_array_equal(images.labels, arrays[part][1])
        assert images.class_names == ("0", "1", "2")


def test_one_split_alone(write):
    folder = write()
    for path in folder.glob("train-*"):
        path.unlink()
    assert is_mnist(folder) and read_mnist(folder, "test").class_names == ("0", "1")
    with pytest.raises(UserError, match=r"one file train-images\* in .*; got 0"):
        read_mnist(folder, "train")


def test_another_folder(tmp_path):
    (tmp_path / "train-labels.txt").touch()
    assert not is_mnist(tmp_path)


def test_files_that_are_there_twice(write):
    folder = write()
    write("-ubyte.gz", gzip.compress)
    with pytest.raises(UserError, match=r"one file t10k-images\* in .*; got 2"):
        read_mnist(folder, "test")


def test_test_labels_beyond_those_of_training(write, arrays):
    arrays["t10k"][1][0] = 3
    with pytest.raises(UserError, match="same classes in .*train-labels.*t10k-labels.* 2 and .* 3"):
        read_mnist(write(), "test")


# Two images of 2 x 3 pixels, and their labels, byte by byte.
IMAGES = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, *range(12)])
LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 1, 0])


@pytest.fixture
def write_file(tmp_path):
    """A function: writes bytes to a new file and gives its path."""

    def write_file(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_file


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_known_file(write_file, pack):
    expected = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    np.testing.assert_array_equal(read_array(write_file(pack(IMAGES)), 3), expected)
    assert read_array(write_file(pack(LABELS)), 1).tolist() == [1, 0]


def test_large_dimensions_are_read_from_their_high_bytes(write_file):
    content = bytes([0, 0, 8, 1, 0, 1, 0, 2]) + bytes(65538)
    assert read_array(write_file(content), 1).shape == (65538,)


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
def test_damaged_files(write_file, content, message):
    with pytest.raises(UserError, match=message):
        read_array(write_file(content), 3)


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match="readable idx file; got .*nowhere"):
        read_array(tmp_path / "nowhere", 3)

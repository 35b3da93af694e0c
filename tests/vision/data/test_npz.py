"""Image sets in `.npz` files: both layouts, and files that are something else."""

import io

import numpy as np
import pytest
from PIL import Image

from be_tracks.errors import UserError
from vision.data.npz import read_npz


@pytest.fixture
def pixels():
    """Arrays of a small set with both splits; the test split lacks class 2."""
    draw = np.random.default_rng(0)
    return {
        "x_train": draw.integers(0, 256, (6, 4, 4, 3)).astype(np.uint8),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": draw.integers(0, 256, (2, 4, 4, 3)).astype(np.uint8),
        "y_test": np.array([[1], [0]]),
    }


@pytest.fixture
def packed():
    """Arrays of two JPEGs with an empty common header."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (255, 0, 0)).save(file, "jpeg")
    content = np.frombuffer(file.getvalue(), np.uint8)
    return {
        "header": content[:0],
        "data": np.concatenate([content, content]),
        "offsets": np.array([0, len(content), 2 * len(content)], np.uint32),
        "labels": np.array([1, 0], np.uint8),
        "class_names": np.array(["red", "rose"]),
    }


@pytest.fixture
def save(tmp_path):
    """A function: writes named arrays to a new file and gives its path."""

    def save(arrays):
        np.savez(tmp_path / "set.npz", **arrays)
        return tmp_path / "set.npz"

    return save


def test_pixels_of_both_splits(save, pixels):
    path = save(pixels)
    train, test = read_npz(path, "train"), read_npz(path, "test")
    np.testing.assert_array_equal(train.images, pixels["x_train"])
    np.testing.assert_array_equal(test.images, pixels["x_test"])
    assert train.labels.tolist() == [0, 1, 2, 0, 1, 2] and test.labels.tolist() == [1, 0]
    assert train.class_names == test.class_names == ("0", "1", "2")


def test_names_of_classes_are_taken_from_the_file(save, pixels):
    path = save({**pixels, "class_names": np.array(["a", "b", "c", "d"])})
    assert read_npz(path, "test").class_names == ("a", "b", "c", "d")


def test_packed_images(save, packed):
    images = read_npz(save(packed))
    assert images.images.shape == (2, 8, 8, 3)
    assert np.abs(images.images.astype(int) - [255, 0, 0]).max() <= 2
    assert images.labels.tolist() == [1, 0] and images.class_names == ("red", "rose")


@pytest.mark.parametrize("split", [None, "valid"])
def test_a_split_must_be_there(save, pixels, split):
    with pytest.raises(UserError, match=f"split train or test of .*; got {split!r}"):
        read_npz(save(pixels), split)


def test_packed_images_have_no_split(save, packed):
    with pytest.raises(UserError, match="no split for .*; got 'train'"):
        read_npz(save(packed), "train")


def test_missing_keys_are_named(save, pixels, packed):
    del pixels["y_test"], packed["offsets"]
    with pytest.raises(UserError, match="lacks y_test and holds x_train, y_train, x_test"):
        read_npz(save(pixels), "train")
    with pytest.raises(UserError, match="lacks offsets and holds header, data"):
        read_npz(save(packed))


def test_wrong_labels(save, pixels, packed):
    with pytest.raises(UserError, match="0 to 1 for 2 classes; got 7 for image 1"):
        read_npz(save({**packed, "labels": np.array([1, 7], np.uint8)}))
    with pytest.raises(UserError, match="0 to 1 for 2 classes; got 2 for image 2"):
        read_npz(save({**pixels, "class_names": np.array(["a", "b"])}), "train")
    with pytest.raises(UserError, match="each of 6 images; got 2 labels"):
        read_npz(save({**pixels, "y_train": pixels["y_test"]}), "train")


def test_pickled_objects_are_refused(save, pixels):
    with pytest.raises(UserError, match="readable .npz file"):
        read_npz(save({**pixels, "y_train": np.array([{}] * 6)}), "train")


def test_files_that_are_no_npz(tmp_path, save, pixels):
    for name, content in (("empty", b""), ("text", b"hello"), ("cut", save(pixels).read_bytes())):
        path = tmp_path / name
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(UserError, match="readable .npz file; got .*" + name):
            read_npz(path, "train")
    with pytest.raises(UserError, match="readable .npz file; got .*nowhere"):
        read_npz(tmp_path / "nowhere")
    np.save(tmp_path / "one.npy", pixels["x_train"])
    with pytest.raises(UserError, match="several named arrays in .*one.npy"):
        read_npz(tmp_path / "one.npy")

"""Image sets in `.npz` files: both layouts, and files that are something else."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from be_tracks.errors import UserError
from vision.data.npz import (
    is_packed,
    is_prefix,
    prefixes_in,
    read_npz,
    read_pair,
    read_single,
)


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


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array(["cat"] * 6), "labels as integers .N,.; got <U3 .6,."),
        (np.zeros(6), "labels as integers .N,.; got float64 .6,.. Number the classes"),
        (np.array([0, 1, np.inf, 0, 1, np.nan]), "labels as integers .N,.; got float64"),
        (np.zeros(6, "datetime64[s]"), "labels as integers .N,.; got datetime64"),
        (np.zeros(6, "i4,f4"), "labels as integers"),
        (np.eye(6, 3, dtype=int), "labels as integers .N,.; got int64 .6, 3."),
        (np.array(3), "labels as integers .N,.; got int64 .."),
        *(
            (np.array([0, 1, 2, 0, 1, most], np.uint64), f"labels below 1,000,000.*; got {most}")
            for most in (10**8, 2**31, 2**64 - 1)
        ),
    ],
)
def test_labels_that_number_no_classes(save, pixels, labels, message):
    with pytest.raises(UserError, match=f"set.npz: expected {message}"):
        read_npz(save({**pixels, "y_train": labels}), "train")


def test_a_large_label_among_named_classes_is_not_cut(save, pixels):
    named = {**pixels, "class_names": np.array(["a", "b", "c"])}
    named["y_train"] = np.array([0, 1, 2, 0, 1, 2**32], np.uint64)  # 0 in 32 bits
    with pytest.raises(UserError, match="from 0 to 2 for 3 classes; got 4294967296 for image 5"):
        read_npz(save(named), "train")


def test_members_that_are_no_arrays_of_images(save, pixels, packed, tmp_path):
    for images in (np.array(7, np.uint8), np.zeros(6, "i4,f4"), np.array(["x"] * 6)):
        with pytest.raises(UserError, match="set.npz: expected images as uint8"):
            read_npz(save({**pixels, "x_train": images}), "train")
    with pytest.raises(UserError, match="set.npz"):
        read_npz(save({**packed, "class_names": np.array("red")}))
    with pytest.raises(UserError, match="image 0 of .*set.npz cannot be read: .*bomb"):
        bomb = io.BytesIO()
        Image.new("1", (30_000, 30_000)).save(bomb, "png")
        content = np.frombuffer(bomb.getvalue(), np.uint8)
        read_npz(save({**packed, "data": content, "offsets": np.array([0, len(content)])}))
    path = tmp_path / "raw.npz"
    with zipfile.ZipFile(save(pixels)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name.removesuffix(".npy"), b"no array")
    with pytest.raises(UserError, match="raw.npz"):
        read_npz(path, "train")


@pytest.mark.parametrize(("place", "value"), [(8, 1), (10, 77)])
def test_encrypted_and_unknown_members(save, pixels, place, value):
    path = save(pixels)
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    for start in (central + place, content.index(b"PK\x03\x04") + place - 2):
        content[start] = value
    path.write_bytes(content)
    with pytest.raises(UserError, match="readable .npz file; got .*set.npz"):
        read_npz(path, "train")


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


NAMES = ("red", "rose")


@pytest.fixture
def save_packed(tmp_path):
    """A function: writes packed grey images of one brightness, and gives the path."""

    def save_packed(name, brightness, labels=(0, 1), names=NAMES):
        file = io.BytesIO()
        Image.new("L", (8, 8), brightness).save(file, "jpeg")
        content = np.frombuffer(file.getvalue(), np.uint8)
        np.savez(
            tmp_path / name,
            header=content[:0],
            data=np.tile(content, len(labels)),
            offsets=len(content) * np.arange(len(labels) + 1),
            labels=np.array(labels, np.uint8),
            class_names=np.array(names),
        )
        return tmp_path / name

    return save_packed


def test_each_split_is_its_file(save_packed, tmp_path):
    save_packed("set_train.npz", 10, (1, 0, 1))
    save_packed("set_test.npz", 200)
    train, test = (read_pair(tmp_path / "set", split) for split in ("train", "test"))
    assert (len(train), len(test)) == (3, 2) and train.class_names == test.class_names == NAMES
    assert abs(int(train.images.mean()) - 10) < 3 and abs(int(test.images.mean()) - 200) < 3


def test_prefixes(save_packed, tmp_path):
    assert prefixes_in(tmp_path) == [] and not is_prefix(tmp_path / "b")
    for name in ("b_train.npz", "b_test.npz", "a_test.npz", "other.npz"):
        save_packed(name, 0)
    assert prefixes_in(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert is_prefix(tmp_path / "b") and is_prefix(tmp_path / "a")
    assert not is_prefix(tmp_path / "other")


def test_half_a_pair(save_packed, tmp_path):
    save_packed("set_test.npz", 0)
    assert len(read_pair(tmp_path / "set", "test")) == 2
    with pytest.raises(UserError, match="one file set_train.npz in .*; got 0"):
        read_pair(tmp_path / "set", "train")


def test_other_classes(save_packed, tmp_path):
    train = save_packed("set_train.npz", 0)
    test = save_packed("set_test.npz", 0, names=(*NAMES, "ruby", "wine"))
    for split in ("train", "test"):
        with pytest.raises(UserError) as error:
            read_pair(tmp_path / "set", split)
        message = str(error.value)
        assert str(train) in message and str(test) in message
        assert "2 (red, rose)" in message and "4 (red, rose, ruby, ...)" in message


def test_a_pair_with_something_else_in_it(save_packed, tmp_path):
    save_packed("set_train.npz", 0)
    (tmp_path / "set_test.npz").write_bytes(b"broken")
    with pytest.raises(UserError, match="set_test.npz to hold packed images"):
        read_pair(tmp_path / "set", "train")
    np.savez(tmp_path / "set_test.npz", x=np.zeros(2))
    with pytest.raises(UserError, match="set_test.npz to hold packed images; got .*class_names"):
        read_pair(tmp_path / "set", "train")


def test_a_single_file_is_one_split(save_packed):
    for name, split, other in (
        ("a_train", "train", "test"),
        ("b_test", "test", "train"),
        ("signs", "test", "train"),
    ):
        path = save_packed(f"{name}.npz", 0)
        assert len(read_single(path, split)) == 2
        with pytest.raises(UserError, match=f"split {other} of .*{name}.npz.*split {split} alone"):
            read_single(path, other)


def test_packed_files_are_known(save_packed, tmp_path):
    assert is_packed(save_packed("a.npz", 0))
    np.savez(tmp_path / "b.npz", x_train=np.zeros(2))
    (tmp_path / "c.npz").write_bytes(b"PK")
    assert not is_packed(tmp_path / "b.npz") and not is_packed(tmp_path / "c.npz")

"""Packed files that come in pairs: which is which split, and pairs that do not match."""

import io

import numpy as np
import pytest
from PIL import Image

from be_tracks.errors import UserError
from vision.data.pairs import is_packed, is_prefix, prefixes_in, read_pair, read_single

NAMES = ("red", "rose")


@pytest.fixture
def save(tmp_path):
    """A function: writes packed grey images of one brightness, and gives the path."""

    def save(name, brightness, labels=(0, 1), names=NAMES):
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

    return save


def test_each_split_is_its_file(save, tmp_path):
    save("set_train.npz", 10, (1, 0, 1))
    save("set_test.npz", 200)
    train, test = (read_pair(tmp_path / "set", split) for split in ("train", "test"))
    assert (len(train), len(test)) == (3, 2) and train.class_names == test.class_names == NAMES
    assert abs(int(train.images.mean()) - 10) < 3 and abs(int(test.images.mean()) - 200) < 3


def test_prefixes(save, tmp_path):
    assert prefixes_in(tmp_path) == [] and not is_prefix(tmp_path / "b")
    for name in ("b_train.npz", "b_test.npz", "a_test.npz", "other.npz"):
        save(name, 0)
    assert prefixes_in(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert is_prefix(tmp_path / "b") and is_prefix(tmp_path / "a")
    assert not is_prefix(tmp_path / "other")


def test_half_a_pair(save, tmp_path):
    save("set_test.npz", 0)
    assert len(read_pair(tmp_path / "set", "test")) == 2
    with pytest.raises(UserError, match="one file set_train.npz in .*; got 0"):
        read_pair(tmp_path / "set", "train")


def test_other_classes(save, tmp_path):
    train, test = save("set_train.npz", 0), save("set_test.npz", 0, names=(*NAMES, "ruby", "wine"))
    for split in ("train", "test"):
        with pytest.raises(UserError) as error:
            read_pair(tmp_path / "set", split)
        message = str(error.value)
        assert str(train) in message and str(test) in message
        assert "2 (red, rose)" in message and "4 (red, rose, ruby, ...)" in message


def test_a_pair_with_something_else_in_it(save, tmp_path):
    save("set_train.npz", 0)
    (tmp_path / "set_test.npz").write_bytes(b"broken")
    with pytest.raises(UserError, match="set_test.npz to hold packed images"):
        read_pair(tmp_path / "set", "train")
    np.savez(tmp_path / "set_test.npz", x=np.zeros(2))
    with pytest.raises(UserError, match="set_test.npz to hold packed images; got .*class_names"):
        read_pair(tmp_path / "set", "train")


def test_a_single_file_is_one_split(save):
    for name, split, other in (
        ("a_train", "train", "test"),
        ("b_test", "test", "train"),
        ("signs", "test", "train"),
    ):
        path = save(f"{name}.npz", 0)
        assert len(read_single(path, split)) == 2
        with pytest.raises(UserError, match=f"split {other} of .*{name}.npz.*split {split} alone"):
            read_single(path, other)


def test_packed_files_are_known(save, tmp_path):
    assert is_packed(save("a.npz", 0))
    np.savez(tmp_path / "b.npz", x_train=np.zeros(2))
    (tmp_path / "c.npz").write_bytes(b"PK")
    assert not is_packed(tmp_path / "b.npz") and not is_packed(tmp_path / "c.npz")

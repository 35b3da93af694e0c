"""What a source may be: every kind gives its images, and everything else says what there is."""

import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from be_tracks.errors import UserError
from vision.data import sources
from vision.data.images import make_images
from vision.data.sources import read_images, resize


def save_pixels(path, count=6, shape=(8, 8, 3)):
    """Both splits as arrays in one file."""
    draw = np.random.default_rng(0)
    arrays = {}
    for split, n in (("train", count), ("test", count // 2)):
        arrays[f"x_{split}"] = draw.integers(0, 256, (n, *shape), np.uint8)
        arrays[f"y_{split}"] = np.arange(n) % 3
    np.savez(path, **arrays)
    return arrays


def save_packed(path, count, shade=0):
    """Grey images of one shade, packed."""
    file = io.BytesIO()
    Image.new("L", (8, 8), shade).save(file, "jpeg")
    content = np.frombuffer(file.getvalue(), np.uint8)
    np.savez(
        path,
        header=content[:0],
        data=np.tile(content, count),
        offsets=len(content) * np.arange(count + 1),
        labels=np.zeros(count, np.uint8),
        class_names=np.array(["a"]),
    )


def save_idx(folder, count=4):
    for part, n in (("train", count), ("t10k", count // 2)):
        images = bytes((0, 0, 8, 3)) + struct.pack(">3I", n, 8, 8) + bytes(64 * n)
        labels = bytes((0, 0, 8, 1)) + struct.pack(">I", n) + bytes(n)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(labels)


def save_classes(folder):
    for split, count in (("train", 3), ("val", 2)):
        (folder / split / "ant").mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (8, 8)).save(folder / split / "ant" / f"{i}.png")


def counts(source, size=None):
    """How many images there are in each split."""
    return [len(read_images(source, split, size)) for split in ("train", "test")]


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file_of_pixels(tmp_path, as_text):
    arrays = save_pixels(tmp_path / "a.npz")
    source = str(tmp_path / "a.npz") if as_text else tmp_path / "a.npz"
    np.testing.assert_array_equal(read_images(source, "train").images, arrays["x_train"])
    np.testing.assert_array_equal(read_images(source, "test").images, arrays["x_test"])


def test_a_pair_by_its_folder_or_its_beginning(tmp_path):
    save_packed(tmp_path / "cifar10_train.npz", 3)
    save_packed(tmp_path / "cifar10_test.npz", 2)
    assert counts(tmp_path) == counts(str(tmp_path / "cifar10")) == [3, 2]
    save_packed(tmp_path / "other_train.npz", 5)
    assert counts(tmp_path / "cifar10") == [3, 2]
    with pytest.raises(UserError) as error:
        read_images(tmp_path, "train")
    assert "got 2. Give one of" in str(error.value)
    assert f"{tmp_path / 'cifar10'}, {tmp_path / 'other'}" in str(error.value)


def test_one_packed_file(tmp_path):
    save_packed(tmp_path / "signs.npz", 4)
    assert len(read_images(tmp_path / "signs.npz", "test")) == 4
    with pytest.raises(UserError, match="split train of .*signs.npz"):
        read_images(tmp_path / "signs.npz", "train")


def test_a_folder_of_idx_files(tmp_path):
    save_idx(tmp_path)
    assert counts(tmp_path) == [4, 2]


def test_a_folder_of_classes(tmp_path):
    save_classes(tmp_path)
    assert counts(tmp_path) == [3, 2]


def test_synthetic_images():
    assert counts("synthetic:40") == [40, 8] and counts("synthetic:3") == [3, 1]
    train, test = read_images("synthetic:50", "train"), read_images("synthetic:250", "test")
    assert not {image.tobytes() for image in train.images} & {
        image.tobytes() for image in test.images
    }
    assert len(train.class_names) == 10 and train.shape == (16, 16, 3)
    assert read_images("synthetic:5", "train", 24).shape == (24, 24, 3)
    with pytest.raises(UserError, match="at least 1 image"):
        read_images("synthetic:0", "train")


def test_a_synthetic_set_without_a_count(monkeypatch):
    asked = []
    monkeypatch.setattr(
        sources, "synthetic_images", lambda count, split: asked.append((count, split))
    )
    counts_of = [read_images("synthetic", split) for split in ("train", "test")]
    assert counts_of == [None, None] and asked == [(10_000, "train"), (2_000, "test")]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("cifar10", "cifar10"),
        ("cifar100", "cifar100"),
        ("svhn", "svhn_cropped"),
        ("imagenet", "imagenet2012"),
        ("cifar10_corrupted/fog_3", "cifar10_corrupted/fog_3"),
        ("tfds:mnist", "mnist"),
        ("tfds:cifar10", "cifar10"),
    ],
)
def test_names_of_datasets(monkeypatch, source, name):
    monkeypatch.setattr(sources, "read_dataset", lambda *arguments: arguments)
    assert read_images(source, "test", 9) == (name, "test", 9)


def test_a_path_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources, "read_dataset", lambda *arguments: arguments)
    save_packed(tmp_path / "svhn_test.npz", 4)
    save_classes(tmp_path / "cifar10")
    assert len(read_images("svhn", "test")) == 4 and len(read_images("cifar10", "test")) == 2
    assert read_images("tfds:cifar10", "test") == ("cifar10", "test", None)


@pytest.mark.parametrize("kind", ["pixels", "pair", "idx", "classes"])
def test_every_kind_is_resized(tmp_path, kind):
    source = tmp_path
    if kind == "pixels":
        source = tmp_path / "a.npz"
        save_pixels(source)
    elif kind == "pair":
        save_packed(tmp_path / "a_test.npz", 2)
    elif kind == "idx":
        save_idx(tmp_path)
    else:
        save_classes(tmp_path)
    assert read_images(source, "test", 5).shape[:2] == (5, 5)
    assert read_images(source, "test", 8).shape == read_images(source, "test").shape


def test_resizing_cuts_out_the_middle():
    draw = np.random.default_rng(0)
    for shape in ((4, 8, 3), (8, 4, 1), (4, 4, 3)):
        images = make_images(draw.integers(0, 256, (3, *shape), np.uint8), np.arange(3))
        resized = resize(images, 4)
        middle = images.images[:, shape[0] // 2 - 2 :, shape[1] // 2 - 2 :][:, :4, :4]
        np.testing.assert_array_equal(resized.images, middle)
        assert resized.labels.tolist() == [0, 1, 2]
        assert resize(images, None) is images


def test_channels_that_cannot_be_resized():
    images = make_images(np.zeros((2, 4, 4, 2), np.uint8), np.array([0, 1]))
    with pytest.raises(UserError, match="1 or 3 channels in images to resize; got 2"):
        resize(images, 8)


@pytest.mark.parametrize(
    "source", ["cifar11", "synthetic:", "synthetic:x", "", "nowhere/a.npz", Path("synthetic")]
)
def test_other_sources(tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        read_images(source, "train")
    message = str(error.value)
    for kind in (
        "cifar10, cifar100, svhn, imagenet",
        "tfds:NAME",
        "synthetic:COUNT",
        "FILE.npz",
        "NAME_train.npz",
        "t10k-labels",
        "train/CLASS",
        "Tiny ImageNet",
    ):
        assert kind in message
    assert f"got {str(source)!r}" in message


@pytest.mark.parametrize(
    ("split", "size", "message"),
    [("valid", None, "train or test; got 'valid'"), ("train", 0, "at least 1 pixel; got 0")],
)
def test_mistakes(split, size, message):
    with pytest.raises(UserError, match=message):
        read_images("synthetic:5", split, size)


def test_a_file_that_holds_no_images(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UserError, match="readable .npz file; got .*notes.txt"):
        read_images(tmp_path / "notes.txt", "train")
    (tmp_path / "bare").mkdir()
    with pytest.raises(UserError, match="NAME_train.npz(?s:.*)bare', a folder with none of these"):
        read_images(tmp_path / "bare", "train")
    (tmp_path / "bare" / "train").mkdir()
    with pytest.raises(UserError, match="one for each class; got none"):
        read_images(tmp_path / "bare", "train")

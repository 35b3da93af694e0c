"""Folders of pictures: their splits and classes, and everything that can be wrong with them."""

import numpy as np
import pytest
from PIL import Image

from be_tracks.errors import UserError
from vision.data import lazy
from vision.data.folders import read_folder
from vision.data.lazy import LazyImages


def save(path, colour=0, size=(6, 4), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Two classes; a picture's red says its label, its green its place in its class."""
    for split, count in (("train", 3), ("test", 2)):
        for label, name in enumerate(("ant", "bee")):
            for i in range(count):
                save(tmp_path / split / name / f"{i}.png", (label, i, 9))
    return tmp_path


def test_splits_and_classes(folder):
    train, test = read_folder(folder, "train"), read_folder(folder, "test")
    assert train.images.shape == (6, 4, 6, 3) and test.images.shape == (4, 4, 6, 3)
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1] and test.labels.tolist() == [0, 0, 1, 1]
    assert train.class_names == test.class_names == ("ant", "bee")
    for images in (train, test):
        np.testing.assert_array_equal(images.images[:, 2, 3, 0], images.labels)
    assert train.images[:, 0, 0, 1].tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("name", ["val", "validation"])
def test_other_names_of_the_test_split(folder, name):
    (folder / "test").rename(folder / name)
    assert len(read_folder(folder, "test")) == 4
    save(folder / "test" / "unlabelled.png")  # as ImageNet's test images come
    assert len(read_folder(folder, "test")) == 4


def test_classes_without_splits_are_the_test_split(folder):
    images = read_folder(folder / "train", "test")
    assert len(images) == 6 and images.class_names == ("ant", "bee")
    with pytest.raises(UserError, match="split train in .*; got test. Put .* into train"):
        read_folder(folder / "train", "train")


def test_only_pictures_are_read(folder):
    for name in ("notes.txt", ".hidden.png", "._0.png"):
        (folder / "train" / "ant" / name).write_text("no picture")
    (folder / "train" / ".cache").mkdir()
    save(folder / "train" / "ant" / "3.JPG", (0, 3, 9)).rename(folder / "train" / "ant" / "3.JPEG")
    assert len(read_folder(folder, "train")) == 7


def test_pictures_are_resized_and_cut(folder):
    wide = Image.new("RGB", (40, 20), "white")
    wide.paste("black", (0, 0, 10, 20))
    wide.save(folder / "train" / "ant" / "0.png")
    images = read_folder(folder, "train", size=5)
    assert images.shape == (5, 5, 3)
    np.testing.assert_array_equal(images.images[0, :, 2:], 255)  # the black quarter is cut off


def test_grey_pictures_keep_one_channel(tmp_path):
    for split in ("train", "test"):
        save(tmp_path / split / "a" / "0.png", 7, mode="L")
    assert read_folder(tmp_path, "train").images.shape == (1, 4, 6, 1)
    # One in colour, in either split, and all have three channels.
    save(tmp_path / "test" / "a" / "1.png", (1, 2, 3))
    np.testing.assert_array_equal(read_folder(tmp_path, "train").images, np.full((1, 4, 6, 3), 7))


def test_sizes_that_differ(folder):
    odd = save(folder / "test" / "bee" / "0.png", size=(9, 8))
    for split in ("train", "test"):
        with pytest.raises(UserError) as error:
            read_folder(folder, split)
        message = str(error.value)
        assert str(odd) in message and "4 x 6" in message and "8 x 9" in message
        assert "--size 64" in message
    assert read_folder(folder, "test", size=4).shape == (4, 4, 3)


def test_unreadable_pictures_are_named(folder):
    bad = folder / "train" / "bee" / "1.png"
    bad.write_bytes(b"no picture")
    with pytest.raises(UserError, match="bee/1.png cannot be read"):
        read_folder(folder, "train")
    save(bad)
    bad.write_bytes(bad.read_bytes()[:-30])  # only its pixels are broken
    with pytest.raises(UserError, match="bee/1.png cannot be read"):
        read_folder(folder, "train", size=4)


def test_other_classes_in_the_test_split(folder):
    save(folder / "test" / "cow" / "0.png")
    for split in ("train", "test"):
        with pytest.raises(UserError) as error:
            read_folder(folder, split)
        message = str(error.value)
        assert str(folder / "train") in message and str(folder / "test") in message
        assert "got 2 and 3: cow is only in" in message
    save(folder / "train" / "cow" / "0.png")
    save(folder / "train" / "dog" / "0.png")
    with pytest.raises(UserError, match="got 4 and 3: dog is only in .*train"):
        read_folder(folder, "test")


def test_folders_without_pictures(folder, tmp_path):
    (folder / "train" / "empty").mkdir()
    with pytest.raises(UserError, match="pictures in .*train/empty; got none"):
        read_folder(folder, "test")
    (tmp_path / "bare" / "train").mkdir(parents=True)
    for name in ("bare", "bare/train"):
        with pytest.raises(UserError, match="one for each class; got none"):
            read_folder(tmp_path / name, "train")


def test_large_folders_are_read_later(folder, monkeypatch):
    now = {split: read_folder(folder, split) for split in ("train", "test")}
    monkeypatch.setattr(lazy, "MEMORY_LIMIT", 5 * 4 * 6 * 3)  # room for the test split alone
    for split, images in now.items():
        later = read_folder(folder, split)
        assert isinstance(later, LazyImages)
        np.testing.assert_array_equal(later.labels, images.labels)
        np.testing.assert_array_equal(later.pixels(np.arange(len(later))), images.images)


@pytest.fixture
def tiny(tmp_path):
    """Tiny ImageNet's layout, with the classes in the order in which it comes."""
    (tmp_path / "wnids.txt").write_text("n02\nn01\n")
    (tmp_path / "words.txt").write_text("n01\tcat, kitty\nn02\tdog\nn03\tegg\n")
    for label, wnid in enumerate(("n01", "n02")):
        for i in range(2):
            save(tmp_path / "train" / wnid / "images" / f"{wnid}_{i}.JPEG", (100 * label, 0, 0))
        (tmp_path / "train" / wnid / f"{wnid}_boxes.txt").touch()
    for i, label in enumerate((1, 0, 1)):
        save(tmp_path / "val" / "images" / f"val_{i}.JPEG", (100 * label, 0, 0))
    lines = [f"val_{i}.JPEG\tn0{label + 1}\t0\t0\t5\t3" for i, label in enumerate((1, 0, 1))]
    (tmp_path / "val" / "val_annotations.txt").write_text("\n".join(lines) + "\n")
    save(tmp_path / "test" / "images" / "test_0.JPEG")
    return tmp_path


def test_tiny_imagenet(tiny):
    for split, expected in (("train", [0, 0, 1, 1]), ("test", [0, 1, 1])):
        images = read_folder(tiny, split)
        assert images.labels.tolist() == expected
        assert images.class_names == ("cat, kitty", "dog")
        red = images.images[:, 0, 0, 0].astype(int)
        assert np.abs(red - 100 * images.labels).max() < 3


def test_damaged_tiny_imagenet(tiny):
    annotations = tiny / "val" / "val_annotations.txt"
    said = annotations.read_text()
    annotations.write_text(said + "val_9.JPEG\tn09\t0\n")
    with pytest.raises(UserError, match="a class of .*wnids.txt in each line .*val_9.JPEG"):
        read_folder(tiny, "test")
    annotations.write_text(said + "val_9.JPEG\tn01\t0\n")
    with pytest.raises(UserError, match="val_9.JPEG cannot be read"):
        read_folder(tiny, "test")
    annotations.write_text(said.replace("n01", "n02"))
    with pytest.raises(UserError, match="images of the class n01; got none"):
        read_folder(tiny, "train")
    annotations.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UserError, match="readable text file; got .*val_annotations.txt"):
        read_folder(tiny, "test")


def test_tiny_imagenet_without_one_of_its_splits(tiny):
    (tiny / "words.txt").unlink()
    (tiny / "val" / "val_annotations.txt").unlink()
    assert read_folder(tiny, "train").class_names == ("n01", "n02")
    with pytest.raises(UserError, match="split test in .*; got train"):
        read_folder(tiny, "test")

"""Published corrupted sets: the real builder of tensorflow-datasets, fed with made files."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow_datasets as tfds

from be_tracks.errors import UserError
from vision import corruptions
from vision.data import lazy
from vision.data.lazy import LazyImages
from vision.data.tfds import read_dataset
from vision.evaluation import published_corruptions as corrupted_sets
from vision.evaluation.published_corruptions import read_corrupted

IMAGES = 12
LABELS = np.arange(IMAGES) % 10
# Our name, and the file of CIFAR-10-C; tensorflow-datasets calls two of them otherwise.
FILES = ("fog", "glass_blur", "elastic_transform")
SEVERITIES = (2, 5)
CIFAR = SimpleNamespace(
    shape=(32, 32, 3),
    class_names=tuple(map(str, range(10))),
    folder=SimpleNamespace(path="run"),
)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(corrupted_sets, "NAMES", FILES)
    monkeypatch.setattr(corrupted_sets, "SEVERITIES", SEVERITIES)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder in which the sets are prepared; a pixel says image, severity and corruption."""
    download = tmp_path_factory.mktemp("download")
    folder = download / "CIFAR-10-C"
    folder.mkdir()
    for place, name in enumerate(FILES):
        first = np.stack([np.tile(np.arange(IMAGES), 5), np.repeat(np.arange(1, 6), IMAGES)], -1)
        images = np.zeros((5 * IMAGES, 32, 32, 3), np.uint8)
        images[:, 0, 0] = np.concatenate([first, np.full((len(first), 1), place)], -1)
        np.save(folder / f"{name}.npy", images)
    np.save(folder / "labels.npy", np.tile(LABELS, 5))
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            tfds.download.DownloadManager, "download_and_extract", lambda self, url: str(download)
        )
        patch.setattr(corrupted_sets, "NAMES", FILES)
        patch.setattr(corrupted_sets, "SEVERITIES", SEVERITIES)
        read_corrupted("cifar10_corrupted", 1, CIFAR, data_dir=folder)
    return folder


@pytest.mark.parametrize("limit", [lazy.MEMORY_LIMIT, 0])
@pytest.mark.parametrize("count", [7, 10_000])
def test_the_same_images_under_every_corruption(prepared, monkeypatch, limit, count):
    monkeypatch.setattr(lazy, "MEMORY_LIMIT", limit)
    found = read_corrupted("cifar10_corrupted", count, CIFAR, data_dir=prepared)
    assert found.severities == SEVERITIES and tuple(found.images) == FILES
    drawn = []
    for place, name in enumerate(FILES):
        for severity, images in zip(SEVERITIES, found.images[name], strict=True):
            assert isinstance(images, LazyImages) == (limit == 0)
            pixels = images.pixels(np.arange(len(images)))[:, 0, 0]
            assert set(map(tuple, pixels[:, 1:])) == {(severity, place)}
            np.testing.assert_array_equal(images.labels, LABELS[pixels[:, 0]])
            drawn.append(pixels[:, 0].tolist())
    assert len(set(drawn[0])) == min(count, IMAGES)
    assert drawn == [drawn[0]] * len(drawn)


@pytest.mark.parametrize("name", ["cifar10_corrupted", "imagenet2012_corrupted"])
def test_the_sets_have_all_corruptions(name, monkeypatch):
    monkeypatch.setattr(corrupted_sets, "NAMES", corruptions.NAMES)
    monkeypatch.setattr(corrupted_sets, "SEVERITIES", corruptions.SEVERITIES)
    assert tuple(corrupted_sets._configs(name)) == corruptions.NAMES


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist_corrupted", "mnist_corrupted lacks fog, glass_blur, elastic_transform. Evaluate"),
        ("cifar10", "with 3 corruptions of 2 severities.*; cifar10 lacks fog"),
        ("cifar11_corrupted", "set of tensorflow-datasets; got 'cifar11_corrupted'"),
        ("cifar10_corrupted/fog_3", "set of tensorflow-datasets; got 'cifar10_corrupted/fog_3'"),
    ],
)
def test_sets_that_do_not_serve(name, message):
    with pytest.raises(UserError, match=message):
        read_corrupted(name, 5, CIFAR)


def test_sets_of_other_images_than_the_run_was_trained_on(prepared):
    other = SimpleNamespace(shape=(28, 28, 1), class_names=CIFAR.class_names, folder=CIFAR.folder)
    with pytest.raises(UserError, match=r"from cifar10_corrupted/fog_2. Give images of that shape"):
        read_corrupted("cifar10_corrupted", 5, other, data_dir=prepared)


def test_sets_of_another_order_are_refused(prepared, monkeypatch):
    def reversed_at_the_end(name, *args):
        images = read_dataset(name, *args)
        return images.select(np.arange(IMAGES)[::-1]) if name.endswith("elastic_5") else images

    monkeypatch.setattr(corrupted_sets, "read_dataset", reversed_at_the_end)
    message = "same order in cifar10_corrupted/fog_2 and cifar10_corrupted/elastic_5; their labels"
    with pytest.raises(UserError, match=message):
        read_corrupted("cifar10_corrupted", 5, CIFAR, data_dir=prepared)

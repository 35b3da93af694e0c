"""tensorflow-datasets: its own builders, fed with made files in place of downloads."""

import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image
from scipy.io import savemat

from be_tracks.errors import UserError
from vision.data import lazy
from vision.data import tfds as datasets
from vision.data.images import Images
from vision.data.lazy import LazyImages
from vision.data.tfds import DATASETS, read_dataset

NAMES = "airplane automobile bird cat deer dog frog horse ship truck".split()
COUNTS = {"train": 50, "test": 20}
CIFAR_BLACK = np.zeros((1, 32, 32, 3), np.uint8)
FETCH = "download_and_extract"

# Run where TensorFlow cannot be found: prints a hash of what is read.
ELSEWHERE = """
import hashlib, importlib.machinery, sys
find = importlib.machinery.PathFinder.find_spec
def without(name, path=None, target=None):
    return None if name.split(".")[0] == "tensorflow" else find(name, path, target)
importlib.machinery.PathFinder.find_spec = without
from vision.data.tfds import read_dataset
images = read_dataset("cifar10", "test", data_dir=sys.argv[1])
assert "tensorflow" not in sys.modules
print(hashlib.sha256(images.images.tobytes() + images.labels.tobytes()).hexdigest())
"""


def cifar_records(count, seed):
    """The bytes of one of CIFAR-10's files: a label and 3 x 32 x 32 pixels, again and again."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 3072))
    return np.hstack([np.arange(count)[:, None] % 10, pixels]).astype(np.uint8)


def expected(split):
    """Images `(N, 32, 32, 3)` of one split and their labels, in the order of the files."""
    seeds = range(5) if split == "train" else [5]
    records = np.concatenate([cifar_records(COUNTS[split] // len(seeds), seed) for seed in seeds])
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def sorted_pairs(images, labels):
    """Images with their labels, in an order of their own: tensorflow-datasets shuffles."""
    return sorted(
        (image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)
    )


@pytest.fixture(scope="module")
def download(tmp_path_factory):
    """What CIFAR-10's archive holds, made."""
    folder = tmp_path_factory.mktemp("download")
    inner = folder / "cifar-10-batches-bin"
    inner.mkdir()
    for i in range(5):
        (inner / f"data_batch_{i + 1}.bin").write_bytes(cifar_records(10, i).tobytes())
    (inner / "test_batch.bin").write_bytes(cifar_records(20, 5).tobytes())
    (inner / "batches.meta.txt").write_text("\n".join(NAMES))
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, download):
    """A folder of tensorflow-datasets in which `read_dataset` has prepared CIFAR-10."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfds.download.DownloadManager, FETCH, lambda self, url: str(download))
        read_dataset("cifar10", "train", data_dir=folder)
    return folder


@pytest.fixture(scope="module")
def records(tmp_path_factory, download):
    """The same as TFRecord files, which is what `tfds.load` makes."""
    folder = tmp_path_factory.mktemp("records")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfds.download.DownloadManager, FETCH, lambda self, url: str(download))
        tfds.builder("cifar10", data_dir=folder).download_and_prepare(file_format="tfrecord")
    return folder


@pytest.mark.parametrize("split", ["train", "test"])
def test_cifar10(prepared, split):
    images = read_dataset("cifar10", split, data_dir=prepared)
    assert isinstance(images, Images) and images.class_names == tuple(NAMES)
    assert sorted_pairs(images.images, images.labels) == sorted_pairs(*expected(split))


def test_cifar100_has_its_fine_labels(tmp_path, monkeypatch):
    inner = tmp_path / "download" / "cifar-100-binary"
    inner.mkdir(parents=True)
    fine = np.random.default_rng(0).permutation(100)[:, None]
    pixels = np.random.default_rng(1).integers(0, 256, (100, 3072))
    records = np.hstack([fine // 5, fine, pixels]).astype(np.uint8)
    for name, count in (("train.bin", 100), ("test.bin", 30)):
        (inner / name).write_bytes(records[:count].tobytes())
    names = [f"fine {i}" for i in range(100)]
    (inner / "fine_label_names.txt").write_text("\n".join(names))
    (inner / "coarse_label_names.txt").write_text("\n".join(f"coarse {i}" for i in range(20)))
    monkeypatch.setattr(tfds.download.DownloadManager, FETCH, lambda self, url: str(inner.parent))
    for split, count in (("train", 100), ("test", 30)):
        found = read_dataset("cifar100", split, data_dir=tmp_path / "prepared")
        assert found.class_names == tuple(names)
        np.testing.assert_array_equal(found.labels, fine[:count, 0])
        images = pixels[:count].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        np.testing.assert_array_equal(found.images, images)


def test_svhn(tmp_path, monkeypatch):
    """As in the raw files, the last axis counts the images and 10 stands for the digit 0."""
    made = {}
    for seed, (split, count) in enumerate({"train": 30, "test": 12, "extra": 3}.items()):
        pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3, count), np.uint8)
        digits = np.arange(count, dtype=np.uint8)[:, None] % 10 + 1
        made[split] = pixels, digits
        savemat(tmp_path / f"{split}_32x32.mat", {"X": pixels, "y": digits})
    fetch = {split: tmp_path / f"{split}_32x32.mat" for split in made}
    monkeypatch.setattr(tfds.download.DownloadManager, "download", lambda self, urls: fetch)
    for split in ("train", "test"):
        found = read_dataset(DATASETS["svhn"], split, data_dir=tmp_path / "prepared")
        pixels, digits = made[split]
        assert found.class_names == tuple("0123456789")
        np.testing.assert_array_equal(found.labels, digits[:, 0] % 10)
        np.testing.assert_array_equal(found.images, pixels.transpose(3, 0, 1, 2))


def test_images_come_in_the_order_of_the_set(prepared):
    """People's labels are in that order; tensorflow-datasets' files are shuffled."""
    images, labels = expected("test")
    found = read_dataset("cifar10", "test", data_dir=prepared)
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(found.labels, labels)


def test_record_files_give_the_same_in_the_same_order(prepared, records):
    one, other = (read_dataset("cifar10", "train", data_dir=each) for each in (prepared, records))
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.labels, other.labels)


def test_the_folder_is_named_by_the_environment(prepared, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))
    assert len(read_dataset("cifar10", "test")) == 20


def test_another_size(prepared):
    small = read_dataset("cifar10", "test", size=8, data_dir=prepared)
    whole = read_dataset("cifar10", "test", data_dir=prepared)
    for before, after in zip(whole.images, small.images, strict=True):
        resized = Image.fromarray(before).resize((8, 8), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(after, np.asarray(resized))


def test_prepared_sets_need_no_tensorflow(prepared):
    images = read_dataset("cifar10", "test", data_dir=prepared)
    found = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(prepared)],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    digest = hashlib.sha256(images.images.tobytes() + images.labels.tobytes()).hexdigest()
    assert found.stdout.strip() == digest


def test_large_sets_are_read_later(prepared, records, monkeypatch):
    now = read_dataset("cifar10", "test", data_dir=prepared)
    monkeypatch.setattr(lazy, "MEMORY_LIMIT", 100_000)  # the training split alone is larger
    later = read_dataset("cifar10", "test", data_dir=prepared)
    assert isinstance(later, LazyImages) and later.class_names == now.class_names
    pixels = later.pixels(np.arange(20))  # in the order of the files
    assert sorted_pairs(pixels, later.labels) == sorted_pairs(now.images, now.labels)
    with pytest.raises(UserError, match="array_record files in .*; got tfrecord. Move"):
        read_dataset("cifar10", "test", data_dir=records)


def test_labels_of_large_sets_are_found_once(prepared, monkeypatch):
    monkeypatch.setattr(lazy, "MEMORY_LIMIT", 0)
    labels = read_dataset("cifar10", "test", data_dir=prepared).labels
    (kept,) = prepared.glob("cifar10/*/be_keras-test-labels.npy")
    np.testing.assert_array_equal(np.load(kept), labels)
    np.save(kept, np.roll(labels, 1))
    rolled = read_dataset("cifar10", "test", data_dir=prepared).labels
    np.testing.assert_array_equal(rolled, np.roll(labels, 1))
    for damaged in (b"", b"\x93NUMPY"):
        kept.write_bytes(damaged)
        found = read_dataset("cifar10", "test", data_dir=prepared).labels
        np.testing.assert_array_equal(found, labels)
    np.save(kept, labels[:5])
    assert len(read_dataset("cifar10", "test", data_dir=prepared).labels) == 20
    kept.unlink()
    monkeypatch.setattr(os, "replace", _refused)
    assert len(read_dataset("cifar10", "test", data_dir=prepared).labels) == 20
    assert not list(prepared.glob("cifar10/*/be_keras-test-*"))


def _refused(*paths):
    raise OSError("read-only")


def tar(path, files):
    """Write a tar of files, a dict of names and bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def jpeg(width, height, brightness):
    file = io.BytesIO()
    Image.new("RGB", (width, height), (brightness,) * 3).save(file, "jpeg")
    return file.getvalue()


def test_imagenet(tmp_path):
    manual = tmp_path / "downloads" / "manual"
    inner = tar(tmp_path / "n01440764.tar", {"n01440764_1.JPEG": jpeg(40, 30, 200)})
    tar(manual / "ILSVRC2012_img_train.tar", {"n01440764.tar": inner.read_bytes()})
    names = [f"ILSVRC2012_val_0000000{i}.JPEG" for i in range(1, 6)]
    shades = {65: 0, 970: 60, 230: 120, 809: 180, 516: 240}  # the labels of the first five
    pictures = [jpeg(30, 50, shade) for shade in shades.values()]
    tar(manual / "ILSVRC2012_img_val.tar", dict(zip(names, pictures, strict=True)))
    tar(manual / "ILSVRC2012_img_test.tar", {"ILSVRC2012_test_00000001.JPEG": jpeg(9, 9, 9)})
    with pytest.raises(UserError, match="size for imagenet2012, .* --size 224"):
        read_dataset("imagenet2012", "train", data_dir=tmp_path)
    train = read_dataset("imagenet2012", "train", 12, tmp_path)
    assert train.labels.tolist() == [0] and len(train.class_names) == 1000
    assert train.shape == (12, 12, 3) and abs(int(train.images.mean()) - 200) < 2
    test = read_dataset("imagenet2012", "test", 12, tmp_path)
    found = dict(zip(test.labels.tolist(), test.images.mean((1, 2, 3)), strict=True))
    assert found == pytest.approx(shades, abs=2)


@pytest.mark.parametrize("name", ["imagenet2012", "imagenet2012_corrupted"])
def test_test_images_without_labels_are_left_alone(name):
    assert datasets._split(name, "test", {"test": 1, "validation": 1}) == "validation"


def test_imagenet_is_not_downloaded(tmp_path):
    with pytest.raises(UserError) as error:
        read_dataset("imagenet2012", "train", 224, tmp_path)
    message = str(error.value)
    assert "imagenet2012 cannot be prepared in" in message
    assert "ILSVRC2012_img_train.tar" in message
    assert str(tmp_path / "downloads" / "manual") in message


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (ConnectionError("no route to host."), "ConnectionError: no route to host. Check the net"),
        (OSError("disk full\nand more"), "OSError: disk full. Check .*TFDS_DATA_DIR"),
        (ImportError("No module named tensorflow"), r"takes TensorFlow once: pip install"),
        (RuntimeError(), "cannot be prepared in .*: RuntimeError. Check"),
    ],
)
def test_sets_that_cannot_be_prepared(tmp_path, monkeypatch, failure, message):
    def fail(self, url):
        raise failure

    monkeypatch.setattr(tfds.download.DownloadManager, FETCH, fail)
    with pytest.raises(UserError, match=message):
        read_dataset("cifar10", "train", data_dir=tmp_path)
    assert not list(tmp_path.glob("cifar10/*"))  # and so the next call tries again


def test_record_files_need_tensorflow(records, monkeypatch):
    def missing(self, *args, **kwargs):
        raise ImportError("No module named tensorflow")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "as_dataset", missing)
    with pytest.raises(UserError, match="TensorFlow, which alone reads the tfrecord files in"):
        read_dataset("cifar10", "train", data_dir=records)


def test_the_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(UserError, match=r"package tensorflow-datasets; .*be_keras\[datasets\]"):
        read_dataset("cifar10", "train")


def test_systems_without_array_record(tmp_path, monkeypatch, download):
    find = importlib.util.find_spec

    def without(name, *args):
        return None if name == "array_record" else find(name, *args)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    monkeypatch.setattr(tfds.download.DownloadManager, FETCH, lambda self, url: str(download))
    images = read_dataset("cifar10", "test", data_dir=tmp_path)
    assert sorted_pairs(images.images, images.labels) == sorted_pairs(*expected("test"))
    assert list(tmp_path.glob("cifar10/*/*tfrecord*"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cifar10/none", "set of tensorflow-datasets; got 'cifar10/none'"),
        ("cifar11", "set of tensorflow-datasets; got 'cifar11': DatasetNotFoundError"),
        ("cifar10:9.9.9", "got 'cifar10:9.9.9'.*3.0.2"),
        ("iris", "images with labels; iris has features, label and no Image among them"),
    ],
)
def test_other_names(tmp_path, name, message):
    with pytest.raises(UserError, match=message):
        read_dataset(name, "train", data_dir=tmp_path)


def test_corrupted_cifar10_has_no_training_images(tmp_path, monkeypatch):
    folder = tmp_path / "CIFAR-10-C"
    folder.mkdir()
    # Two images in each of five severities, as bright as their place says.
    np.save(folder / "fog.npy", np.arange(10, dtype=np.uint8)[:, None, None, None] + CIFAR_BLACK)
    np.save(folder / "labels.npy", np.tile([4, 7], 5))
    monkeypatch.setattr(tfds.download.DownloadManager, FETCH, lambda self, url: str(tmp_path))
    test = read_dataset("cifar10_corrupted/fog_3", "test", data_dir=tmp_path)
    found = dict(zip(test.labels.tolist(), test.images[:, 0, 0, 0].tolist(), strict=True))
    assert found == {4: 4, 7: 5}
    with pytest.raises(UserError, match="split train of cifar10_corrupted/fog_3; got test in"):
        read_dataset("cifar10_corrupted/fog_3", "train", data_dir=tmp_path)

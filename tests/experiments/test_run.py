"""The front door of the experiments: what it reads, and what it says where that is missing."""

import argparse
import gzip
import struct
import sys

import numpy as np
import pytest

from be_tracks.errors import UserError


@pytest.fixture(scope="module")
def script():
    from experiments import run

    return run


def write_idx(path, array):
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


@pytest.fixture
def fashion(tmp_path):
    draw = np.random.default_rng(0)
    for part, count in (("train", 20), ("t10k", 10)):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", draw.integers(0, 255, (count, 28, 28)))
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", np.arange(count) % 10)
    return tmp_path


def test_a_task_and_out_of_distribution_images_of_its_shape(script, fashion, tmp_path):
    colour = np.random.default_rng(1).integers(0, 255, (6, 32, 32, 3)).astype(np.uint8)
    packed = tmp_path / "signs.npz"
    pictures = [_jpeg(image) for image in colour]
    np.savez(
        packed,
        header=np.zeros(0, np.uint8),
        data=np.frombuffer(b"".join(pictures), np.uint8),
        offsets=np.cumsum([0, *map(len, pictures)]).astype(np.uint32),
        labels=np.zeros(6, np.uint8),
        class_names=np.array(["sign"]),
    )
    task = script.read_task("fashion-mlp", fashion, [packed])
    assert (len(task.train), len(task.test)) == (20, 10)
    assert task.ood["signs"].images.shape == (6, 28, 28, 1)
    assert task.defaults["model"] == "mlp"


def _jpeg(image):
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG")
    return file.getvalue()


def test_the_two_files_of_cifar10(script, tmp_path):
    for split, shade in (("train", 20), ("test", 220)):
        picture = np.frombuffer(_jpeg(np.full((8, 8, 3), shade, np.uint8)), np.uint8)
        np.savez(
            tmp_path / f"cifar10_{split}.npz",
            header=picture[:0],
            data=picture,
            offsets=np.array([0, len(picture)]),
            labels=np.zeros(1, np.uint8),
            class_names=np.array(["cat"]),
        )
    task = script.read_task("cifar-resnet", tmp_path, [])
    assert abs(int(task.train.images.mean()) - 20) < 3
    assert abs(int(task.test.images.mean()) - 220) < 3
    (tmp_path / "cifar10_test.npz").unlink()
    with pytest.raises(UserError, match="one file cifar10_test.npz in"):
        script.read_task("cifar-resnet", tmp_path, [])


def test_missing_files_are_named(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["run.py", "fashion-mlp", "--data", str(tmp_path)])
    assert script.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("error: expected one file train-images*") and str(tmp_path) in error


def test_a_task_on_text_asks_for_a_prepared_folder(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["run.py", "multi30k", "--data", str(tmp_path)])
    assert script.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and str(tmp_path) in error and "prepare" in error


def test_an_ablation_that_a_task_has_not(script, tmp_path, monkeypatch, capsys):
    arguments = ["run.py", "multi30k", "--data", str(tmp_path), "--ablations", "conversion"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        script.main()
    assert "multi30k has the ablations initializer" in capsys.readouterr().err


def test_shards(script):
    assert script._shard("1/3") == (1, 3)
    for wrong in ("3/3", "1", "a/b", "-1/2", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="such as 0/2"):
            script._shard(wrong)

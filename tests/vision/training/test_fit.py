"""Training on two devices is training on one: the same weights from the same images."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from be_keras.training import localhost_workers
from be_tracks.runs.checkpoints import Checkpoints
from vision.__main__ import main

REPOSITORY = Path(__file__).resolve().parents[3]
# Logical devices have to be asked for before TensorFlow is used.
TWO_DEVICES = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from vision.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
WORDS = [
    *("train", "--data", "synthetic:64", "--config", "demo", "--method", "batch-ensemble"),
    *(
        "--ensemble-size",
        "2",
        "--set",
        "width=0.125",
        "steps=6",
        "batch_size=9",
        "checkpoint_every=3",
    ),
]


def weights(run):
    model = keras.saving.load_model(run / "network-0.keras")
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """Two folders of a run on one device: whole, and as it was at its first checkpoint."""
    folder, save = tmp_path_factory.mktemp("one"), Checkpoints.save

    def copying(self, model, step):
        save(self, model, step)
        if step == 3:
            shutil.copytree(folder / "whole", folder / "half")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "save", copying)
        assert main([*WORDS, "--out", str(folder / "whole")]) == 0
    return folder / "whole", folder / "half"


def start(*command):
    """Start a process of Python with arguments."""
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=REPOSITORY,
        env={**os.environ, "TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*processes):
    """Wait for processes that must succeed; gives what each said on standard error."""
    try:
        said = [process.communicate(timeout=300)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0] * len(processes), said
    return said


def assert_same_weights(found, expected):
    for one, other in zip(weights(found), weights(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_two_devices_train_as_one(one, tmp_path):
    words = ["--strategy", "mirrored", "--microbatches", "2", "--out", tmp_path / "run"]
    finish(start("-c", TWO_DEVICES, *WORDS, *words))
    assert_same_weights(tmp_path / "run", one[0])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_a_run_goes_on_with_two_workers_of_which_one_writes(one, tmp_path):
    """The second worker has no folder of the run at all."""
    out, elsewhere = tmp_path / "run", tmp_path / "elsewhere" / "run"
    shutil.copytree(one[1], out)
    workers = ("--strategy", "multi-worker", "--workers", localhost_workers(2))
    command = ("-m", "vision", *WORDS, *workers)
    folders = enumerate((out, elsewhere))
    said = finish(*[start(*command, "--worker-index", i, "--out", path) for i, path in folders])
    assert all("resuming network 0 at step 3" in each for each in said)
    assert not elsewhere.parent.exists()
    assert_same_weights(out, one[0])
    assert not (out / "checkpoints-0").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--microbatches", "0"], "--microbatches must be at least 1; got 0"),
        (["--workers", "a:1,b:1"], "workers belong to the strategy multi-worker"),
        (["--strategy", "tpu"], "needs a TPU's name"),
    ],
)
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_devices_that_are_not_there(tmp_path, capsys, words, message):
    assert main([*WORDS, "--out", str(tmp_path / "run"), *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()

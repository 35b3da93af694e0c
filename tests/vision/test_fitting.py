"""Training on two devices is training on one: the same weights from the same images."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from vision.__main__ import main

REPOSITORY = Path(__file__).resolve().parents[2]
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
    *("train", "--data", "made:64", "--config", "demo", "--method", "batch-ensemble"),
    *("--ensemble-size", "2", "--set", "width=0.125", "steps=6", "batch=9", "checkpoint_every=3"),
]


def weights(run):
    model = keras.saving.load_model(run / "network-0.keras")
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_two_devices_train_as_one(tmp_path):
    assert main([*WORDS, "--out", str(tmp_path / "one")]) == 0
    words = ["--strategy", "mirrored", "--accumulate", "2", "--out", str(tmp_path / "two")]
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, *WORDS, *words],
        cwd=REPOSITORY,
        env={**os.environ, "TF_NUM_INTRAOP_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for one, two in zip(weights(tmp_path / "one"), weights(tmp_path / "two"), strict=True):
        np.testing.assert_allclose(two, one, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--accumulate", "0"], "--accumulate must be at least 1; got 0"),
        (["--workers", "a:1,b:1"], "workers belong to the strategy multi-worker"),
        (["--strategy", "tpu"], "needs a TPU's name"),
    ],
)
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_devices_that_are_not_there(tmp_path, capsys, words, message):
    assert main([*WORDS, "--out", str(tmp_path / "run"), *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()

"""Training under a strategy: the same batches, the same run, moved from one machine to another."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from be_keras.training import localhost_workers
from be_tracks.runs.progress import Progress
from translation.config import make_config
from translation.training.fit import train
from translation.training.loading import load_model
from translation.training.run_directory import RunDirectory

REPOSITORY = Path(__file__).resolve().parents[2]
# The command line on two virtual devices.
TWO_DEVICES = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from translation.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
# The command line in a process that is killed after its first step.
DYING = """
import os, signal, sys
from be_tracks.runs.progress import Progress
Progress.on_train_batch_end = lambda *_, logs=None: os.kill(os.getpid(), signal.SIGKILL)
from translation.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def settings(small):
    """Of the smallest run, without dropout, whose masks differ between replicas.

    With patience, so that workers must agree at every validation whether to go on.
    """
    return [*small, "dropout=0", "bleu_sentences=1", "patience=2"]


@pytest.fixture(scope="module")
def words(data, settings):
    """The command that continues or repeats the run `alone`, without `--out`."""
    members = ("--ensemble-size", 2, "--members", "split")
    return ["train", "--data", data, "--config", "tiny", *members, "--set", *settings]


@pytest.fixture(scope="module")
def alone(data, settings, tmp_path_factory):
    """Two folders of a run on one device: whole, and as it was at its first validation."""
    folder = tmp_path_factory.mktemp("alone")
    on_train_batch_end = Progress.on_train_batch_end

    def copying(self, batch, logs=None):
        on_train_batch_end(self, batch, logs)
        if RunDirectory(folder / "whole").checkpoints().steps() and not (folder / "half").exists():
            shutil.copytree(folder / "whole", folder / "half")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "on_train_batch_end", copying)
        train(data, folder / "whole", make_config("tiny", settings), 2, "split")
    assert [entry["step"] for entry in RunDirectory(folder / "half").log()] == [3]
    return folder / "whole", folder / "half"


def start(*command):
    """Start a process of Python with arguments."""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=REPOSITORY,
        env={**environment, "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(processes):
    """Wait for processes that must succeed; gives what they printed."""
    try:
        printed = [process.communicate(timeout=300) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0] * len(processes), printed
    return printed


def assert_same_run(found, expected):
    """The logs and the last weights of two runs are the same."""
    logs = [RunDirectory(path).log() for path in (found, expected)]
    assert [entry["step"] for entry in logs[0]] == [3, 6]
    for one, other in zip(*logs, strict=True):
        for key in set(one) - {"seconds"}:
            assert one[key] == pytest.approx(other[key], rel=1e-4, abs=1e-5), key
    last = [RunDirectory(path).checkpoints().restore(load_model) for path in (found, expected)]
    assert [step for _, step in last] == [6, 6]
    weights = [model.get_weights() for model, _ in last]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_two_devices_train_as_one(alone, words, tmp_path):
    out = tmp_path / "run"
    options = ("--strategy", "mirrored", "--microbatches", 2)
    ((stdout, stderr),) = finish([start("-c", TWO_DEVICES, *words, "--out", out, *options)])
    assert stdout.startswith("validation NLL ") and "M = 2 (split)" in stderr
    assert_same_run(out, alone[0])
    assert RunDirectory(out).settings()["devices"] == {"replicas": 2, "microbatches": 2}


def test_two_workers_go_on_where_one_is_killed_and_started_again(alone, words, tmp_path):
    """The second worker has no folder of the run at all; the first begins anew by itself."""
    out, elsewhere = tmp_path / "run", tmp_path / "elsewhere" / "run"
    shutil.copytree(alone[1], out)
    workers = ("--strategy", "multi-worker", "--workers", localhost_workers(2), "--worker-index")
    second = [*words, "--out", elsewhere, *workers, 1]
    chief = start("-m", "translation", *words, "--out", out, *workers, 0)
    dying = start("-c", DYING, *second)
    try:
        assert dying.wait(timeout=300) == -signal.SIGKILL
    except BaseException:
        chief.kill()
        raise
    finally:
        dying.kill()
    (_, said), (printed, _) = finish([chief, start("-m", "translation", *second)])
    before, _, after = said.partition("another worker was lost (")
    assert all("resuming" in part and "at step 3 of 6" in part for part in (before, after))
    assert printed.startswith("validation NLL ")
    assert not elsewhere.parent.exists()
    assert_same_run(out, alone[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--strategy", "multi-worker"), "or the environment variable TF_CONFIG"),
        (("--workers", "a:1"), "workers belong to the strategy multi-worker; got strategy one"),
        (("--strategy", "tpu"), "needs a TPU's name"),
        (("--microbatches", "0"), "--microbatches must be at least 1; got 0"),
    ],
)
def test_mistakes(words, tmp_path, command, monkeypatch, options, message):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    status, out, err = command(*words, "--out", tmp_path / "run", *options)
    assert status == 2 and out == ""
    assert message in err and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []

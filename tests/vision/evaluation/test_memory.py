"""Peak memory: of the run alone, whatever the process that asks has held."""

import numpy as np
import pytest

from vision.config import make_config
from vision.data.synthetic import synthetic_images
from vision.evaluation.memory import peak_memory
from vision.methods import make_method
from vision.train import train

HELD = 1_500_000_000  # bytes: more than a backend and a small network take


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "single"
    settings = make_config("demo", ["width=0.125", "steps=2", "batch_size=8", "checkpoint_every=2"])
    train(
        synthetic_images(20, classes=3, size=8),
        folder,
        settings,
        make_method("single"),
        "synthetic",
    )
    return folder


def test_what_this_process_holds_does_not_count(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keras.py").write_text("raise RuntimeError('of another project')")
    held = np.ones(HELD, np.uint8)
    peak = peak_memory(run, 4)
    assert 1e8 < peak < held.nbytes
    assert capsys.readouterr().err == ""


def test_a_process_that_fails_is_told(tmp_path, capsys):
    assert peak_memory(tmp_path / "nowhere", 4) is None
    said = capsys.readouterr().err
    assert "peak memory" in said and "without run.json" in said and "Traceback" not in said

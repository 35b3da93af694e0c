"""The benchmark of tensorflow-datasets' memory prepares made files by the real builder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "tfds_memory.py"
pytest.importorskip("tensorflow_datasets")


def run(*words):
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[1])}
    line = [sys.executable, SCRIPT, *map(str, words)]
    return subprocess.run(line, env=environment, capture_output=True, text=True)


def test_a_table_and_a_file(tmp_path):
    done = run("--pairs", 10_000, "--out", tmp_path / "found.json")
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "found.json").read_text())["prepared"]
    assert [row["reader"] for row in rows] == ["line by line", "tensorflow-datasets' own"]
    for row in rows:
        assert row["pairs"] == 10_000 and row["peak_mb"] >= row["imports_mb"]
        # Keras would bring 600 MB along; reading needs none of it.
        assert 20 < row["imports_mb"] < 200
        assert f"| {row['reader']} | 10,000 |" in done.stdout


def test_sizes():
    done = run("--pairs", 10_000, 15_000)
    assert done.returncode == 2 and "multiples of 10000; got 15000" in done.stderr

"""The benchmark of scale: one case of it, and what it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def run(*words):
    return subprocess.run(
        [sys.executable, FOLDER / "scale.py", *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
    )


def test_a_case(tmp_path):
    words = ("--devices", "one process", "--size", "width 128", "--split", "split")
    done = run("--case", *words, "--members", 2, "--steps", 2, "--out", tmp_path / "case.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "case.json").read_text())
    assert found["step_ms"] > 0 and found["peak_mb"] > 4e-6 * found["parameters"]


def test_numbers_that_make_no_sense_are_refused():
    assert "expected --rounds from 1" in run("--rounds", "0").stderr

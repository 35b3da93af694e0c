"""The benchmark of whole networks runs and reports; how fast anything is it does not say."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "applications.py"


def run(*words):
    return subprocess.run(
        [sys.executable, SCRIPT, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
    )


def test_a_table_and_a_file(tmp_path):
    out = tmp_path / "applications.json"
    small = ("--runs", "2", "--size", "8", "--examples", "2", "--threads", "1")
    done = run(*small, "--only", "tiny", "--out", str(out))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().split("\n")
    assert len(lines) == 3 and len({line.count("|") for line in lines}) == 1
    (row,) = json.loads(out.read_text())["rows"]
    # Convolution 3x3 of 3 to 8 channels, norm, dense of 8 to 10; r, s, biases and norms of four.
    assert row["parameters"] == 216 + 8 + 32 + 80 + 10
    assert row["members_parameters"] == 216 + 80 + 4 * (3 + 8 + 8 + 32 + 8 + 10 + 10)
    for what in ("member", "loaded", "extracted"):
        assert row[f"{what}_deviation"] < 1e-5
    assert set(row["moved"]) == {"shared", "fast", "bias", "norm"}
    assert row["quartiles"][0] <= row["step_ratio"] <= row["quartiles"][1]


def test_what_it_does_not_know_is_refused():
    done = run("--only", "tiny", "nonsense")
    assert done.returncode == 2 and "nonsense" in done.stderr
    assert run("--runs", "1").returncode == 2

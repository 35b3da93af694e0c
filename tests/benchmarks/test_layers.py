"""The layer benchmark runs and reports what it measured; how fast anything is it does not say."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "layers.py"


def run(*words):
    return subprocess.run(
        [sys.executable, SCRIPT, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
    )


def test_a_table_and_a_file(tmp_path):
    out = tmp_path / "layers.json"
    done = run("--runs", "2", "--threads", "1", "--only", "layer-norm", "--out", str(out))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().split("\n")
    found = json.loads(out.read_text())
    assert len(lines) == 2 + 4 == 2 + len(found["rows"])
    assert {(row["compiler"], row["pass"]) for row in found["rows"]} == {
        (compiler, passes)
        for compiler in ("graph", "xla")
        for passes in ("forward", "forward + backward")
    }
    for row in found["rows"]:
        assert row["ratio"] > 0 and row["plain_ms"] > 0
        assert row["quartiles"][0] <= row["ratio"] <= row["quartiles"][1]


def test_what_it_does_not_know_is_refused():
    done = run("--only", "dense", "nonsense")
    assert done.returncode == 2 and "unknown layers nonsense; known are dense" in done.stderr
    assert run("--runs", "1").returncode == 2

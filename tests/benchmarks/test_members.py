"""The benchmark of M runs and reports what it measured; its ways to run M networks agree."""

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
ENVIRONMENT = {**os.environ, "KERAS_BACKEND": "tensorflow"}


def run(*words):
    return subprocess.run(
        [sys.executable, FOLDER / "members.py", *words],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )


def test_tables_and_a_file(tmp_path):
    out = tmp_path / "new" / "members.json"
    words = ("--members", "2", "--networks", "mlp", "--runs", "2", "--threads", "1")
    done = run(*words, "--out", str(out))
    assert done.returncode == 0, done.stderr
    content = json.loads(out.read_text())
    assert content["runs"] == 2 and content["threads"] == 1
    (cost,) = content["cost"]
    # By hand: two hidden layers of 512 on 784 pixels, and ten outputs.
    weights = 784 * 512 + 512 * 512 + 512 * 10
    biases, fast = 512 + 512 + 10, (784 + 512) + (512 + 512) + (512 + 10)
    assert cost["separate_parameters"] == 2 * (weights + biases)
    assert cost["members_parameters"] == weights + 2 * (biases + fast)
    assert min(cost["members_mb"], cost["one_by_one_mb"], cost["separate_mb"]) > 4 * weights / 1e6
    settings = {(row["fixed"], row["compiler"], row["pass"]) for row in content["times"]}
    assert len(settings) == len(content["times"]) == 2 * 2 * 2
    for row in content["times"]:
        assert row["members_ms"] > 0 and row["separate_ms"] > 0
        assert row["quartiles"][0] <= row["ratio"] <= row["quartiles"][1]
    assert len(done.stdout.strip().split("\n")) == 3 + 1 + 2 + 8


def test_numbers_of_members_that_do_not_divide_the_rows_are_refused():
    done = run("--members", "4", "3", "--networks", "cnn")
    assert done.returncode == 2 and "that divide 64 rows; got [3]" in done.stderr
    assert run("--runs", "1").returncode == 2

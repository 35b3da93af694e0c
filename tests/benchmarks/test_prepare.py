"""The benchmark of preparation runs and reports what it measured; copies are no duplicates."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "prepare.py"
WORDS = [a + b for a in ("ka", "lo", "mi", "ne") for b in ("ru", "sa", "to", "vi")]
PAIRS = [(f"{a} {b}", f"{b} {a} {a}") for a in WORDS for b in WORDS]


@pytest.fixture
def module(benchmark):
    return benchmark("prepare")


def test_tables_and_a_file(tmp_path):
    text = tmp_path / "pairs.tsv"
    text.write_text("".join(f"{source}\t{target}\n" for source, target in PAIRS))
    out = tmp_path / "new" / "prepare.json"
    words = ("--pairs", text, "--repeat", "3", "1", "--vocabulary-size", "60", "--many", "1000")
    done = subprocess.run(
        [sys.executable, SCRIPT, *words, "--note", "made text", "--out", out],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
    )
    assert done.returncode == 0, done.stderr
    content = json.loads(out.read_text())
    assert content["note"] == "made text" and content["workers"] == 1
    assert [(row["copies"], row["pairs"]) for row in content["prepared"]] == [(1, 256), (3, 768)]
    for row in content["prepared"]:
        assert row["pairs_per_second"] == pytest.approx(row["pairs"] / row["seconds"])
        # Keras would bring 600 MB along; preparing text needs none of it.
        assert 20 < row["peak_mb"] < 200 and 0 < row["data_mb"] < 1 and row["cpu_seconds"] > 0
    assert 20 < content["imports_mb"] < 200
    assert content["hours_of_40_million_pairs"].keys() == {"seconds", "cpu_seconds"}
    # A tenth of 256 was held out.
    assert [row["pairs"] for row in content["planned"]] == [231, 1000]
    assert all(row["peak_mb"] > 0 for row in content["planned"])
    assert all(row["shapes"] <= 16 and 0 <= row["padding"] < 1 for row in content["planned"])
    assert len(done.stdout.strip().split("\n")) == 4 + 4 + 2


def test_copies_are_no_duplicates(module):
    copies = list(module.repeated(PAIRS[:2], 3))
    assert copies[:2] == PAIRS[:2] and len(set(copies)) == 6
    assert copies[-1] == (f"{PAIRS[1][0]} 3", f"{PAIRS[1][1]} 3")


def test_hours(module):
    assert module.hours_of_many([{"pairs": 1_000_000, "s": 360}], "s") == pytest.approx(4)
    # 60 seconds to begin with, then 100 for each million.
    rows = [{"pairs": n * 10**6, "s": 60 + 100 * n} for n in (1, 10)]
    assert module.hours_of_many(rows, "s") == pytest.approx((60 + 4000) / 3600)


def test_processes_and_their_memory(module):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        pids = module.family(os.getpid())
        assert pids[0] == os.getpid() and child.pid in pids
        assert module.resident_mb(pids) > module.resident_mb([os.getpid()]) > 10
    finally:
        child.communicate(b"\n")
    assert child.pid not in module.family(os.getpid())
    assert module.resident_mb([child.pid]) == 0

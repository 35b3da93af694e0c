"""The layer benchmark runs and reports what it measured; how fast anything is it does not say."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "layers.py"

# Stands in for PyTorch and a peer: layers that do nothing.
TORCH = """
def randn(shape, requires_grad): return shape
def randn_like(rows): return rows
def no_grad(): return lambda function: function
class autograd: grad = staticmethod(lambda outputs, inputs, pull: inputs)
"""
MODULES = """
class Linear:
    def __init__(self, *sizes, **options): self.parameters = list
    def __call__(self, rows): return rows
LinearBatchEnsemble = Linear
"""


def start(*words, options=(), path=None, backend="tensorflow"):
    found_first = {"PYTHONPATH": str(path)} if path else {}
    return subprocess.run(
        [sys.executable, *options, SCRIPT, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": backend, **found_first},
    )


def test_a_table_and_a_file(run, tmp_path):
    out = tmp_path / "layers.json"
    words = ("--runs", "2", "--threads", "1", "--only", "layer-norm")
    done = run("layers", *words, "--out", out)
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


def test_a_peer_stands_beside_the_graph(tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(TORCH)
    (tmp_path / "torch" / "nn.py").write_text(MODULES)
    (tmp_path / "tabm.py").write_text(MODULES)
    out = tmp_path / "layers.json"
    words = ("--runs", "2", "--threads", "1", "--only", "dense", "layer-norm", "--peer", "tabm")
    done = start(*words, "--out", str(out), path=tmp_path)
    assert done.returncode == 0, done.stderr
    for row in json.loads(out.read_text())["rows"]:
        measured = row["layer"] == "dense" and row["compiler"] == "graph"
        assert (row["tabm_ratio"] is not None) == measured
        assert (row["tabm_quartiles"] is not None) == measured


def test_peers_have_nothing_to_stand_beside_on_jax(tmp_path):
    (tmp_path / "tabm.py").write_text(MODULES)
    done = start("--only", "dense", "--peer", "tabm", path=tmp_path, backend="jax")
    assert done.returncode == 2 and "expected KERAS_BACKEND=tensorflow" in done.stderr


def test_a_peer_that_is_not_installed_is_refused_by_name():
    # Without site packages nothing is installed; what lies in the checkout is found.
    done = start("--peer", "tabm", options=["-S"], path=SCRIPT.parents[1])
    assert done.returncode == 2
    assert "expected --peer to be installed; not found: tabm" in done.stderr


def test_what_it_does_not_know_is_refused(run):
    done = run("layers", "--only", "dense", "nonsense")
    assert done.returncode == 2 and "unknown layers nonsense; known are dense" in done.stderr
    assert run("layers", "--runs", "1").returncode == 2

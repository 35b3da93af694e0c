"""The model of large machines: its arithmetic by hand, and its table."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def projection():
    sys.path.insert(0, str(FOLDER))
    spec = importlib.util.spec_from_file_location("projection", FOLDER / "projection.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["projection"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(FOLDER))
    del sys.modules["projection"]


def test_a_step_by_hand(projection):
    machine = projection.Machine(devices=4, peak=1e12, bandwidth=1e9)
    compute, exchange = projection.step(machine, parameters=1_000_000, tokens=1_000)
    assert compute == pytest.approx(6e9 / (4e12 * 0.35))
    assert exchange == pytest.approx(1.5 * 4e6 / 1e9)
    alone = projection.Machine(devices=1, peak=1e12, bandwidth=1e9)
    assert projection.step(alone, 1_000_000, 1_000)[1] == 0


def test_the_table(projection, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["projection.py", "--out", str(tmp_path / "new" / "p.json")])
    assert projection.main() == 0
    rows = json.loads((tmp_path / "new" / "p.json").read_text())["rows"]
    assert {row["machine"] for row in rows} == set(projection.MACHINES)
    assert all(row["tokens_per_second"] > 0 for row in rows)
    assert "64 hosts" in capsys.readouterr().out

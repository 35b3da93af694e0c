"""The model of large machines: what it takes from measurements, its steps by hand, its tables."""

import json
import math
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def projection(benchmark):
    return benchmark("projection")


@pytest.fixture
def found(projection):
    return projection.Measured({128: 1.5, 512: 1.25}, block=(100.0, 200.0), word=20.0, batch=1e-6)


def scale_json(block, word, libraries):
    """What `scale.py` would write of models whose memory grows exactly as the model says."""

    def row(width, label, members, rows, step, parameters):
        token = 6 * width * block[members] + 8_000 * word
        peak = libraries[members] + 16 * parameters + 2_048 * rows * token
        return {
            "model": f"width {width}",
            "members": label,
            "parameters": parameters,
            "step_ms": step,
            "peak_mb": peak / 2**20,
        }

    sizes = [
        row(width, label, members, 1, step, 1_000 * width + members)
        for width, steps in ((128, (10, 15)), (256, (20, 26)), (512, (40, 50)))
        for members, (label, step) in enumerate(zip(("one network", "4 split"), steps, strict=True))
    ]
    shared = [row(256, f"{m} shared", 1, m, 9.0 * m, 1_000 * m) for m in (2, 4, 8)]
    members = [row(256, "4 split", 1, 1, 9.0, 1_000), *shared]
    return {"sizes": sizes, "members": members, "input": [{"batch_ms": 2.048}]}


def test_what_is_taken_from_measurements(projection):
    content = scale_json(block=(100.0, 200.0), word=20.0, libraries=(1e9, 2e9))
    found = projection.measured(content)
    assert found.overhead == pytest.approx({128: 1.5, 256: 1.3, 512: 1.25})
    assert found.block == pytest.approx((100, 200))
    assert found.word == pytest.approx(20)
    assert found.batch == pytest.approx(1e-6)


def test_a_width_beyond_those_measured_takes_the_widest(found):
    assert [found.overhead_at(width) for width in (128, 300, 512, 1024)] == [1.5, 1.5, 1.25, 1.25]


def test_a_step_by_hand(projection, found):
    machine = projection.Machine(devices=4, peak=1e12, bandwidth=1e9, memory=1e9)
    model = projection.Model(512, 12, (1_000_000, 2_000_000), steps=1)
    one, split, shared = (
        projection.arithmetic(machine, model, members, 1_000, found)
        for members in ("one network", "4 split", "4 shared")
    )
    assert one == pytest.approx(6e9 / (4e12 * 0.35))
    assert split == pytest.approx(1.25 * one)
    assert shared == pytest.approx(4 * 1.25 * one)
    assert projection.exchange(machine, model, "one network") == pytest.approx(1.5 * 4e6 / 1e9)
    assert projection.exchange(machine, model, "4 shared") == pytest.approx(1.5 * 8e6 / 1e9)
    alone = projection.Machine(1, 1e12, 1e9, 1e9)
    assert projection.exchange(alone, model, "4 split") == 0


def test_memory_by_hand(projection, found):
    model = projection.Model(512, 12, (1_000_000, 2_000_000), steps=1)
    token, logits = 0.5 * 12 * 512 * 100, 20 * 32_000
    few = projection.held(model, "one network", 10, found)
    assert few == pytest.approx(16e6 + 10 * (token + logits))
    chunk = 64 * 32 * logits
    assert projection.held(model, "one network", 5_000, found) == pytest.approx(
        16e6 + 5_000 * token + chunk
    )
    assert projection.held(model, "4 shared", 5_000, found) == pytest.approx(
        32e6 + 5_000 * 4 * 2 * token + 4 * chunk
    )
    halves = projection.held(model, "one network", 5_000, found, micro_batches=2)
    assert halves == pytest.approx(20e6 + 2_500 * token + chunk)


def test_micro_batches_are_as_few_as_fit(projection, found):
    for row in projection.rows(found):
        model, machine = projection.MODELS[row["model"]], projection.MACHINES[row["machine"]]
        own, few = row["tokens_of_a_step"] / machine.devices, row["micro_batches"]
        held = [
            projection.held(model, row["members"], own, found, k) / machine.memory
            for k in (few, max(1, few - 1))
        ]
        assert held[0] <= 0.9 and (few == 1 or held[1] > 0.9)


def test_the_most_tokens_of_a_device_fill_it(projection, found):
    for row in projection.memory(found):
        model = projection.MODELS[row["model"]]
        for size in (80, 32):
            most = row[f"tokens_in_{size}_gb"]
            assert projection.held(model, row["members"], most, found) <= 0.9e9 * size
            assert projection.held(model, row["members"], most + 1, found) > 0.9e9 * size


def test_a_step_waits_for_its_batch(projection, found):
    slow = projection.Measured(found.overhead, found.block, found.word, batch=1.0)
    assert all(row["tokens_per_second"] == pytest.approx(1) for row in projection.rows(slow))


def test_the_tables(projection, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["projection.py", "--out", str(tmp_path / "new" / "p.json")])
    assert projection.main() == 0
    content = json.loads((tmp_path / "new" / "p.json").read_text())
    rows = content["rows"]
    assert {row["machine"] for row in rows} == set(projection.MACHINES)
    assert {row["members"] for row in rows} == set(projection.MEMBERS)
    assert all(math.isfinite(row["tokens_per_second"]) for row in rows)
    assert "64 hosts" in capsys.readouterr().out
    page = (ROOT / "docs" / "results" / "scale.md").read_text(encoding="utf-8")
    assert set(re.findall(r"rows: projection/(\w+)", page)) == {"measured", "memory", "rows"}
    # The file that the page shows follows from that of the measurements.
    kept = projection.SCALE.with_name("projection.json").read_text(encoding="utf-8")
    assert json.loads(kept) == content

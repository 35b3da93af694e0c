"""The benchmark of scale: one case of it, and what it refuses."""

import json

TINY = ["width=16", "heads=2", "feedforward=32", "encoder_layers=1", "decoder_layers=1"]


def test_a_case(run, benchmark, tmp_path, monkeypatch):
    scale = benchmark("scale")
    monkeypatch.setattr(scale, "VOCABULARY", 50)
    monkeypatch.setattr(scale, "TOKENS", 128)
    monkeypatch.setitem(scale.SIZES, "width 16", TINY)
    words = ("--devices", "one process", "--size", "width 16", "--split", "split")
    out = tmp_path / "case.json"
    done = run("scale", "--case", *words, "--members", 2, "--steps", 2, "--out", out)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["step_ms"] > 0 and found["peak_mb"] > 4e-6 * found["parameters"]


def test_numbers_that_make_no_sense_are_refused(run):
    assert "expected --rounds from 1" in run("scale", "--rounds", "0").stderr

"""The benchmark of whole networks runs and reports; how fast anything is it does not say."""

import json


def test_a_table_and_a_file(run, tmp_path):
    out = tmp_path / "new" / "applications.json"
    small = ("--runs", "2", "--size", "8", "--examples", "2", "--threads", "1")
    done = run("applications", *small, "--only", "tiny", "--out", str(out))
    assert done.returncode == 0, done.stderr
    content = json.loads(out.read_text())
    assert [content[key] for key in ("members", "runs", "size", "examples")] == [4, 2, 8, 2]
    (row,) = content["rows"]
    lines = done.stdout.strip().split("\n")
    assert [line.count("|") for line in lines] == [len(row) + 1] * 3
    # Convolution 3x3 of 3 to 8 channels, norm, dense of 8 to 10; r, s, biases and norms of four.
    assert row["parameters"] == 216 + 8 + 32 + 80 + 10
    assert row["members_parameters"] == 216 + 80 + 4 * (3 + 8 + 8 + 32 + 8 + 10 + 10)
    assert row["parameters_ratio"] == row["members_parameters"] / row["parameters"]
    assert row["file_ratio"] > 1
    for what in ("member", "loaded", "extracted"):
        assert row[f"{what}_deviation"] < 1e-5
    assert row["plain_ms"] > 0 and row["members_ms"] > 0
    assert row["quartiles"][0] <= row["ratio"] <= row["quartiles"][1]


def test_what_it_does_not_know_is_refused(run):
    done = run("applications", "--only", "tiny", "nonsense")
    assert done.returncode == 2 and "nonsense" in done.stderr
    assert run("applications", "--runs", "1").returncode == 2
    done = run("applications", "--size", "0")
    assert done.returncode == 2 and "expected --size, --examples from 1; got 0, 8" in done.stderr

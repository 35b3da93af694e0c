"""The benchmark of image networks runs and reports what it measured."""

import json


def test_tables_and_a_file(run, tmp_path):
    out = tmp_path / "prediction.json"
    words = ("--models", "resnet20", "--members", "2", "--batches", "1", "--runs", "2")
    done = run("prediction", *words, "--threads", "1", "--out", str(out))
    assert done.returncode == 0, done.stderr
    content = json.loads(out.read_text())
    (size,) = content["sizes"]
    # 269,722 weights train (He et al., 2016); moving statistics come on top.
    assert size["separate_parameters"] == 2 * (269_722 + 1_376)
    assert size["parameters_ratio"] == size["separate_parameters"] / size["members_parameters"]
    assert 1.5 < size["checkpoint_ratio"] < size["parameters_ratio"] < 2
    assert [row["compiler"] for row in content["times"]] == ["graph", "xla"]
    for row in content["times"]:
        low, high = row["quartiles"]
        assert 0 < low <= row["speed_up"] <= high
        assert row["plain_network_on_the_rows_ms"] > 0


def test_numbers_that_make_no_sense_are_refused(run):
    assert "expected numbers from 1" in run("prediction", "--members", "0").stderr
    assert "invalid choice: 'resnet21'" in run("prediction", "--models", "resnet21").stderr

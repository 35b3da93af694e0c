"""The subcommand `report`: files made whole, from the command line's point of view."""

import argparse
import json
from pathlib import Path

import pytest

from be_tracks.errors import UserError
from be_tracks.report.evaluations import VERSION
from vision import report as subcommand

ALWAYS = ["rejection.png", "reliability.png", "report.html", "report.json", "report.md"]
FILES = sorted([*ALWAYS, "diversity.png", "scores.png"])


def write(path, name, **changes):
    """Write the evaluation of a system into a folder."""
    size = changes.get("ensemble_size", 4)
    evaluation = {
        "version": VERSION,
        **{"name": name, "method": "batch-ensemble", "ensemble_size": size, "members": "shared"},
        **{"model": "mlp", "parameters": 10, "weight_bytes": 40, "checkpoint_bytes": 80},
        "data": {"name": "made", "images": 100, "classes": 3, "sha256": "abc"},
        **dict.fromkeys(["nll", "member_nll", "calibrated_nll", "brier", "ece"], 0.5),
        **dict.fromkeys(["accuracy", "member_accuracy"], 0.75),
        **dict.fromkeys(["disagreement", "mutual_information", "pairwise_kl"], 0.1),
        "members_alone": {"accuracy": [0.75] * size, "nll": [0.5] * size},
        "reliability": {"edges": [0, 1], "count": [9], "confidence": [0.5], "accuracy": [0.6]},
        "divergence": {"count": [100], "confidence": [0.5], "pairwise_kl": [0.1]},
        "rejection": {"rejected": [0.0, 0.5], "accuracy": [0.75, 1.0]},
        "training": {
            **{"unique_examples": 100, "member_examples": 400, "macs": 1e6, "seconds": 9.0}
        },
        "testing": {"seconds": 1.0, "images": 100, "peak_memory_bytes": None},
    }
    path.mkdir(parents=True)
    (path / "evaluation.json").write_text(json.dumps(evaluation | changes))
    return str(path)


def run(*words):
    """Run the subcommand with command-line words."""
    parser = argparse.ArgumentParser()
    subcommand.add_arguments(parser)
    subcommand.run(parser.parse_args(words))


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.fixture
def one(tmp_path):
    """The folder of one evaluation."""
    return write(tmp_path / "one", "first")


def test_writes_json_pages_and_figures(tmp_path, one, capsys):
    dee = {"dee": 8.0, "low": 6.0, "high": 8.0, "at_least": True}
    two = write(tmp_path / "two", "second", nll=0.25, dee=dee)
    out = tmp_path / "deep" / "out"
    run(one, two, "--out", str(out))
    assert names(out) == FILES
    content = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert list(content["systems"]) == ["first", "second"]
    assert content["systems"]["second"]["nll"] == 0.25
    assert content["systems"]["first"]["parameters_ratio"] == 1.0
    assert content["created_by"].startswith("be_keras ")
    page = (out / "report.md").read_text(encoding="utf-8")
    shown = [line for line in page.splitlines() if line.startswith("![")]
    figures = [name for name in FILES if name.endswith(".png")]
    assert sorted(line[line.index("(") + 1 : -1] for line in shown) == figures
    document = (out / "report.html").read_text(encoding="utf-8")
    assert document.count("data:image/png;base64,") == len(figures)
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "first: accuracy 0.7500, disagreement 0.1000, NLL 0.5000, ECE 0.5000",
        "second: accuracy 0.7500, disagreement 0.1000, NLL 0.2500, ECE 0.5000, DEE ≥ 8.0",
        str(out / "report.html"),
    ]


def test_the_summary_line_tells_a_single_network_from_an_ensemble():
    scores = {"accuracy": 0.8, "nll": 0.1, "ece": 0.02, "ensemble_size": 1, "dee": None}
    assert subcommand.summary_line(scores) == "accuracy 0.8000, NLL 0.1000, ECE 0.0200"
    known = {"ensemble_size": 4, "disagreement": 0.05, "dee": {"dee": 2.34, "at_least": False}}
    expected = "accuracy 0.8000, disagreement 0.0500, NLL 0.1000, ECE 0.0200, DEE 2.3"
    assert subcommand.summary_line(scores | known) == expected


def test_the_same_evaluations_give_the_same_bytes(tmp_path, one):
    run(one, "--out", str(tmp_path / "a"))
    run(one, "--out", str(tmp_path / "b"))
    assert names(tmp_path / "a") == FILES
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_earlier_report_with_other_figures_is_replaced(tmp_path, one):
    out = str(tmp_path / "out")
    run(one, "--out", out)
    single = {"ensemble_size": 1, "method": "single"}
    run(write(tmp_path / "two", "second", **single), "--out", out)
    assert list(json.loads((tmp_path / "out/report.json").read_text())["systems"]) == ["second"]
    assert names(out) == sorted([*ALWAYS, "scores.png"])
    assert names(tmp_path) == ["one", "out", "two"]


def test_a_folder_with_anything_else_is_left_alone(tmp_path, one):
    with pytest.raises(UserError, match=r"one: expected .* got evaluation.json in it"):
        run(one, "--out", one)
    assert names(one) == ["evaluation.json"]
    with pytest.raises(UserError, match=r"evaluation.json: expected a folder"):
        run(one, "--out", f"{one}/evaluation.json")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"nll": "low"}, "two: .*cannot be shown .*; evaluate again"),
        ({"rejection": {"rejected": [0.0]}}, r"two/evaluation.json.*'accuracy'.*evaluate again"),
        ({"version": 0}, r"two/evaluation.json.*version.*evaluate again"),
        ({"name": "first"}, r"two/evaluation.json.*'first' as in .*one/evaluation.json"),
        ({"data": {"name": "made", "images": 9, "classes": 3, "sha256": "x"}}, "'data.sha256' di"),
    ],
)
def test_a_bad_evaluation_leaves_nothing_behind(tmp_path, one, changes, message):
    bad = write(tmp_path / "two", **{"name": "second"} | changes)
    with pytest.raises(UserError, match=message):
        run(one, bad, "--out", str(tmp_path / "out"))
    assert names(tmp_path) == ["one", "two"]


def test_a_missing_evaluation_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere/evaluation.json: there is no such file"):
        run(str(tmp_path / "nowhere"), "--out", str(tmp_path / "out"))


def test_a_full_disk_leaves_the_earlier_report(tmp_path, one, monkeypatch):
    out = tmp_path / "out"
    run(one, "--out", str(out))
    before = (out / "report.json").read_bytes()

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="cannot be written .No space left"):
        run(one, "--out", str(out))
    assert (out / "report.json").read_bytes() == before and names(tmp_path) == ["one", "out"]


@pytest.mark.parametrize("words", [["--out", "x"], ["one"]])
def test_missing_arguments_are_refused(words):
    with pytest.raises(SystemExit):
        run(*words)

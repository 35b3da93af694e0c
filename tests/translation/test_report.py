"""The subcommand `report`: files made whole, from the command line's point of view."""

import argparse
import json
from pathlib import Path

import pytest

from be_tracks.errors import UserError
from be_tracks.report.evaluations import VERSION
from translation import report as subcommand

FILES = ["reliability.png", "report.json", "report.md", "scores.png"]


def write(path, name, **changes):
    """Write the evaluation of a system into a folder."""
    score = {"score": 30.0, "signature": "nrefs:1", "interval": [29.0, 31.0]}
    evaluation = {
        "version": VERSION,
        **{"name": name, "ensemble_size": 4, "members": "shared", "words": 1000},
        **{"parameters": 10, "checkpoint_bytes": 40, "bleu": score, "chrf": score},
        **dict.fromkeys(["nll", "member_nll", "brier", "ece", "nll_per_word"], 0.5),
        **dict.fromkeys(["disagreement", "mutual_information"], 0.1),
        "reliability": {"edges": [0, 1], "count": [9], "confidence": [0.5], "accuracy": [0.6]},
        "training": {"unique_tokens": 100, "member_tokens": 400},
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


def test_writes_json_page_and_figures(tmp_path, one, capsys):
    two = write(tmp_path / "two", "second", nll=0.25)
    out = tmp_path / "deep" / "out"
    run(one, two, "--out", str(out))
    assert names(out) == FILES
    content = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert list(content["systems"]) == ["first", "second"]
    for key in ("nll", "member_nll", "ece", "brier", "disagreement", "mutual_information"):
        assert isinstance(content["systems"]["second"][key], float)
    assert content["systems"]["second"]["bleu"]["signature"] == "nrefs:1"
    assert content["created_by"].startswith("be_keras ")
    page = (out / "report.md").read_text(encoding="utf-8")
    shown = [line for line in page.splitlines() if line.startswith("![")]
    assert [line[line.index("(") + 1 : -1] for line in shown] == [FILES[3], FILES[0]]
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "first: BLEU 30.0, NLL 0.5000, ECE 0.5000, disagreement 0.1000",
        "second: BLEU 30.0, NLL 0.2500, ECE 0.5000, disagreement 0.1000",
        str(out / "report.md"),
    ]


def test_the_summary_line_tells_a_single_network_from_an_ensemble_and_knows_the_truth():
    scores = {"bleu": {"score": 80.0}, "nll": 0.1, "ece": 0.02, "ensemble_size": 1}
    assert subcommand.summary_line(scores) == "BLEU 80.0, NLL 0.1000, ECE 0.0200"
    known = {"ensemble_size": 4, "disagreement": 0.05, "bleu_of_oracle": 0.975}
    known |= {"truth": {"entropy_per_word": 0.1}, "excess_nll_per_word": 0.0123}
    assert subcommand.summary_line({**scores, **known}) == (
        "BLEU 80.0, NLL 0.1000, ECE 0.0200, disagreement 0.0500, excess NLL 0.0123 nats per word,"
        " 97.5% of the best possible BLEU"
    )


def test_the_history_of_training_has_its_figure(tmp_path):
    history = {"tokens": [10, 20], "nll": [2.0, 1.0], "bleu": [1.0, 2.0]}
    training = {"unique_tokens": 100, "member_tokens": 400, "validations": history}
    one = write(tmp_path / "one", "first", training=training)
    run(one, "--out", str(tmp_path / "out"))
    assert names(tmp_path / "out") == sorted([*FILES, "learning.png"])
    history["bleu"] = [1.0]
    two = write(tmp_path / "two", "second", training=training)
    with pytest.raises(UserError, match="two: .*cannot be shown .*; evaluate again"):
        run(two, "--out", str(tmp_path / "out"))


def test_the_same_evaluations_give_the_same_bytes(tmp_path, one):
    run(one, "--out", str(tmp_path / "a"))
    run(one, "--out", str(tmp_path / "b"))
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_earlier_report_is_replaced(tmp_path, one):
    out = str(tmp_path / "out")
    run(one, "--out", out)
    run(write(tmp_path / "two", "second"), "--out", out)
    assert list(json.loads((tmp_path / "out/report.json").read_text())["systems"]) == ["second"]
    assert names(out) == FILES and names(tmp_path) == ["one", "out", "two"]


def test_a_folder_with_anything_else_is_left_alone(tmp_path, one):
    with pytest.raises(UserError, match=r"one: expected .* got evaluation.json in it"):
        run(one, "--out", one)
    assert names(one) == ["evaluation.json"]
    with pytest.raises(UserError, match=r"evaluation.json: expected a folder"):
        run(one, "--out", f"{one}/evaluation.json")


def test_a_bad_evaluation_leaves_nothing_behind(tmp_path, one):
    bad = write(tmp_path / "two", "second", bleu={"score": 30.0})
    with pytest.raises(UserError, match=r"two/evaluation.json.*'signature'.*evaluate again"):
        run(one, bad, "--out", str(tmp_path / "out"))
    assert names(tmp_path) == ["one", "two"]


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

"""The subcommands evaluate and report, the DEE and the demo, all on synthetic images."""

import json
import shutil

import keras
import numpy as np
import pytest

from be_keras import metrics
from be_tracks.errors import UserError
from vision import demo
from vision.__main__ import main
from vision.config import make_config
from vision.data.fingerprint import fingerprint
from vision.data.images import Images
from vision.data.synthetic import synthetic_images, synthetic_ood
from vision.evaluate import evaluate, summary_line, write
from vision.evaluation import dee as reference
from vision.evaluation import scores as scoring
from vision.evaluation.classifier import Classifier
from vision.methods import make_method
from vision.report import report
from vision.training.fit import train

SMALL = ["width=0.125", "steps=4", "batch_size=8", "checkpoint_every=4"]
TRAIN = synthetic_images(40, classes=3, size=8)
TEST = synthetic_images(30, classes=3, size=8, split="test")


def trained(folder, method, size=None, samples=None, seed=0):
    settings = make_config("demo", SMALL)
    train(TRAIN, folder, settings, make_method(method, size, samples), "synthetic", seed)
    return Classifier(folder)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Trained runs by name; the reference has three networks."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        "single": trained(folder / "single", "single"),
        "members": trained(folder / "members", "batch-ensemble", 2),
        "dropout": trained(folder / "dropout", "mc-dropout", None, 3),
        "reference": trained(folder / "reference", "deep-ensemble", 3, seed=100),
    }


@pytest.fixture(autouse=True)
def three_networks_are_enough(monkeypatch):
    monkeypatch.setattr(reference, "REFERENCE_NETWORKS", 3)
    monkeypatch.setattr(scoring.metrics, "reference_curve", _curve_of_three)
    monkeypatch.setattr(scoring, "NAMES", ("contrast", "fog"))  # tests of their own have all


_reference_curve = metrics.reference_curve


def _curve_of_three(log_probs, labels, minimum):
    return _reference_curve(log_probs, labels, minimum=3)


@pytest.fixture
def alone(runs, tmp_path):
    """A copy of the reference's folder, without a curve from another test."""
    shutil.copytree(runs["reference"].folder.path, tmp_path / "reference")
    for curve in (tmp_path / "reference").glob("curve-*"):
        curve.unlink()
    return Classifier(tmp_path / "reference")


def test_an_evaluation_is_what_its_model_says(runs, alone):
    classifier = runs["members"]
    ood = synthetic_ood(10, size=12, channels=1)  # matched in size and colour
    corrupted = scoring.corrupt_all(TEST.select(np.arange(4)), (2,))
    soft = np.eye(3)[TEST.labels]
    found, predictions = evaluate(
        classifier, TEST, "ours", "synthetic", {"shapes": ood}, corrupted, alone, soft, batch_size=7
    )
    json.dumps(found, allow_nan=False)
    logits = np.asarray(classifier.networks[0](classifier.scaling(TEST.images)))
    log_probs = metrics.mean_log_probs(logits)
    nll = -log_probs[np.arange(30), TEST.labels].mean()
    assert found["nll"] == pytest.approx(nll, abs=1e-5)
    assert found["human"]["cross_entropy"] == pytest.approx(nll, abs=1e-5)
    assert found["accuracy"] == pytest.approx(np.mean(log_probs.argmax(-1) == TEST.labels))
    assert (found["ensemble_size"], found["members"]) == (2, "shared")
    assert found["ood"]["shapes"]["images"] == 10
    assert found["corruptions"]["severities"] == [2]
    assert found["parameters"] == classifier.networks[0].count_params()
    assert found["weight_bytes"] == 4 * found["parameters"]
    assert found["training"]["member_examples"] == 4 * 8 * 2
    assert found["data"]["sha256"] == fingerprint(TEST)
    assert found["testing"]["peak_memory_bytes"] is None
    assert len(predictions.columns["label"]) == 30
    each = [metrics.mean_log_probs(alone.logits(TEST.images)[:, [k]]) for k in range(3)]
    curve = _reference_curve(each, TEST.labels, minimum=3)
    expected = metrics.deep_ensemble_equivalent(predictions.calibrated(), curve)
    assert found["dee"]["dee"] == pytest.approx(expected, abs=1e-3)
    assert "DEE" in summary_line(found)


def test_the_curve_is_kept_by_test_set(alone):
    first = reference.reference_curve(alone, TEST)
    (path,) = alone.folder.path.glob("curve-*.npz")
    np.testing.assert_array_equal(reference.reference_curve(alone, TEST), first)
    other = synthetic_images(30, classes=3, size=8, seed=7, split="test")
    assert not np.array_equal(reference.reference_curve(alone, other), first)
    assert len(list(alone.folder.path.glob("curve-*.npz"))) == 2 and path.exists()


def test_dropout_is_sampled(runs):
    logits = runs["dropout"].logits(TEST.images)
    assert logits.shape == (30, 3, 3) and not np.allclose(logits[:, 0], logits[:, 1])
    np.testing.assert_array_equal(runs["dropout"].logits(TEST.images), logits)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (synthetic_images(5, classes=3, size=9), r"shape \(8, 8, 3\); got \(9, 9, 3\) from here"),
        (synthetic_images(5, classes=4, size=8), "trained on 3 classes; got 4 from here"),
        (Images(TEST.images, TEST.labels, ("a", "b", "c")), "trained on the classes plain disk"),
    ],
)
def test_images_that_do_not_fit(runs, test, message):
    with pytest.raises(UserError, match=message):
        evaluate(runs["single"], test, "x", "here")


def test_a_set_whose_classes_have_numbers_for_names_fits(runs):
    numbered = Images(TEST.images, TEST.labels, ("0", "1", "2"))
    assert evaluate(runs["single"], numbered, "x")[0]["accuracy"] >= 0


def test_references_that_do_not_serve(runs, alone):
    with pytest.raises(UserError, match="expected a deep ensemble of 3 networks or more"):
        evaluate(runs["members"], TEST, "x", reference=runs["single"])
    with pytest.raises(UserError, match="share the network of seed 100"):
        evaluate(alone, TEST, "x", reference=runs["reference"])


def test_logits_that_are_not_finite(runs, tmp_path):
    shutil.copytree(runs["single"].folder.path, tmp_path / "run")
    broken = Classifier(tmp_path / "run")
    kernel = broken.networks[0].trainable_variables[-2]  # the head's: ReLU may swallow NaN
    kernel.assign(np.nan * keras.ops.convert_to_numpy(kernel))
    with pytest.raises(UserError, match="expected finite logits"):
        evaluate(broken, TEST, "x")


def test_from_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez(
        "data.npz",
        x_train=TRAIN.images,
        y_train=TRAIN.labels,
        x_test=TEST.images,
        y_test=TEST.labels,
    )
    np.save("people.npy", np.eye(3)[TEST.labels] + 1)
    shared = ["--data", "data.npz"]
    for name, options in {
        "one": ["--method", "single"],
        "two": ["--method", "batch-ensemble", "--ensemble-size", "2"],
    }.items():
        words = ["--config", "demo", "--out", f"runs/{name}", *options, "--set", *SMALL]
        assert main(["train", *shared, *words]) == 0
        words = ["--model", f"runs/{name}", "--out", f"evaluations/{name}", "--corrupted", "2"]
        assert main(["evaluate", *shared, *words, "--soft-labels", "people.npy"]) == 0
        assert f"{name}: accuracy" in capsys.readouterr().out
    assert main(["report", "evaluations/one", "evaluations/two", "--out", "out"]) == 0
    systems = json.loads((tmp_path / "out" / "report.json").read_text())["systems"]
    assert list(systems) == ["one", "two"] and systems["two"]["ensemble_size"] == 2
    assert systems["two"]["testing"]["peak_memory_bytes"] > 1e7
    records = np.load("evaluations/two/records.npz")
    assert len(records["log_likelihood"]) == 30


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["train", "--data", "synthetic", "--out", "x", "--seed", "-1"],
            "--seed must be from 0 to 2^31 - 1",
        ),
        (["train", "--data", "synthetic", "--out", "x", "--seed", "4294967296"], "got 4294967296"),
        (["train", "--data", "synthetic:99999999999", "--out", "x"], "GB of memory, and at most 4"),
        (["train", "--data", "nowhere.npz", "--out", "x"], "nowhere.npz"),
        (["train", "--data", "synthetic", "--out", "x", "--set", "stepps=1"], "did you mean steps"),
        (
            ["train", "--data", "synthetic", "--out", "x", "--set", "ensemble_size=8"],
            "--set takes no ensemble_size: the method decides",
        ),
        (
            [
                "evaluate",
                "--model",
                "x",
                "--data",
                "synthetic",
                "--out",
                "y",
                "--ood",
                "a/t",
                "b/t",
            ],
            "expected --ood of different names; got a/t b/t",
        ),
        (["evaluate", "--model", "x", "--data", "synthetic", "--out", "y"], "without run.json"),
        (
            ["evaluate", "--model", "x", "--data", "synthetic", "--out", "y", "--batch-size", "0"],
            "--batch-size must be at least 1",
        ),
    ],
)
def test_mistakes(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    captured = capsys.readouterr()
    assert message in captured.err and "Traceback" not in captured.err and captured.out == ""
    assert list(tmp_path.iterdir()) == []


def test_an_evaluation_is_written_whole(runs, tmp_path):
    found, predictions = evaluate(runs["single"], TEST, "one", "synthetic")
    write(tmp_path / "out", found, predictions)
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text()) == found
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="mine.txt"):
        write(tmp_path / "taken", found, predictions)
    summary = report([tmp_path / "out"], tmp_path / "report")
    assert list(summary["systems"]) == ["one"]


def test_the_demo(tmp_path, monkeypatch, capsys):
    for name, value in {"TRAIN": 64, "TEST": 40, "OOD": 10, "CORRUPTED": 2, "SIDE": 8}.items():
        monkeypatch.setattr(demo, name, value)
    small = make_config("demo", ["width=0.0625", "steps=4", "batch_size=8"])
    monkeypatch.setitem(demo.PRESETS, "demo", small)
    monkeypatch.setattr(demo, "REFERENCE", 3)
    assert main(["demo", "--out", str(tmp_path / "out")]) == 0
    out = tmp_path / "out"
    systems = json.loads((out / "report.json").read_text())["systems"]
    assert list(systems) == list(demo.SYSTEMS)
    assert {"report.md", "report.html", "runs", "evaluations"} <= {p.name for p in out.iterdir()}
    costs = {name: system["training"]["member_examples"] for name, system in systems.items()}
    assert costs["batch-ensemble-4"] == 4 * costs["single"] == costs["deep-ensemble-4"]
    assert costs["batch-ensemble-4, a quarter of the steps"] == costs["single"]
    # The same command goes on: nothing is left to do but the report.
    trained = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*.keras")}
    (out / "report.json").unlink()
    assert main(["demo", "--out", str(out)]) == 0
    assert (out / "report.json").exists()
    assert {path: path.stat().st_mtime_ns for path in trained} == trained


def test_the_demo_leaves_other_folders_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert "expected a new folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

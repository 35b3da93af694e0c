"""Training: resuming is exact, and every mistake or mishap keeps what there was."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from be_tracks.errors import UserError
from be_tracks.runs.checkpoints import Checkpoints
from be_tracks.runs.progress import Progress
from translation.config import make_config
from translation.data.card import file_hashes, read_card, write_card
from translation.evaluate import how_trained
from translation.training import fit as module
from translation.training.fit import train
from translation.training.loading import load_model, load_translator
from translation.training.run_directory import RunDirectory
from translation.training.validation_bleu import ValidationBleu

LAST = "checkpoints/00000006.keras"  # of a run of six steps
REPOSITORY = Path(__file__).resolve().parents[2]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def log_of(folder):
    """The log without what the clock says."""
    entries = RunDirectory(folder).log()
    return [{key: entry[key] for key in entry if key != "seconds"} for entry in entries]


def weights_of(path):
    return load_model(path).get_weights()


def assert_close(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_run_leaves_log_and_models(single):
    assert names(single) == [
        *("average.keras", "best.keras", "checkpoints", "log.jsonl", "recent", "run.json"),
        "vocabulary.model",
    ]
    first, second = log_of(single)
    assert (first["step"], second["step"]) == (3, 6)
    assert second["nll"] < first["nll"] < np.log(60) + 1
    assert first["tokens"] > 0 and first["learning_rate"] > second["learning_rate"] >= 0
    last = load_model(single / LAST)
    assert int(last.optimizer.iterations) == 6
    best = load_model(single / "best.keras")
    assert not best.compiled
    assert_close(best.get_weights(), last.get_weights())
    assert_close(weights_of(single / "average.keras"), last.get_weights())
    assert names(single / "recent") == ["00000006.npz"]


def test_an_average_that_is_worse_is_not_used(ensemble):
    assert "average.keras" not in names(ensemble)
    assert names(ensemble / "recent") == ["00000003.npz", "00000006.npz"]


def test_resuming_is_as_if_never_stopped(data, ensemble, small, tmp_path, monkeypatch):
    arguments = data, tmp_path / "run", make_config("tiny", [*small, "average=2"]), 2, "split"
    steps = []
    on_train_batch_end = Progress.on_train_batch_end

    def interrupted(self, batch, logs=None):
        on_train_batch_end(self, batch, logs)
        steps.append(batch)
        if len(steps) == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "on_train_batch_end", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(*arguments)
    assert [entry["step"] for entry in log_of(tmp_path / "run")] == [3]
    # A run that was killed between log and checkpoint has written more than it may keep.
    run = RunDirectory(tmp_path / "run")
    run.write_log([*run.log(), {"step": 6, "nll": 0.0, "best": True}])
    shutil.copy(run.recent / "00000003.npz", run.recent / "00000006.npz")

    train(*arguments)
    for found, expected in zip(log_of(run.path), log_of(ensemble), strict=True):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert names(run.path) == names(ensemble)
    for name in (LAST, "best.keras"):
        assert_close(weights_of(run.path / name), weights_of(ensemble / name))
    states = [load_model(path / LAST).optimizer.variables for path in (run.path, ensemble)]
    assert_close(*([keras.ops.convert_to_numpy(v) for v in state] for state in states))


def test_a_finished_run_again(data, single, small, tmp_path, command):
    run = shutil.copytree(single, tmp_path / "run")
    for name in (".partial-1-best.keras", ".partial-2-log.jsonl"):
        (run / name).write_bytes(b"half")  # as a killed process leaves them
    words = ("train", "--data", data, "--out", run, "--config", "tiny", "--set", *small)
    status, out, err = command(*words)
    assert status == 0 and out.startswith("validation NLL ")
    assert not list(run.glob(".partial-*"))
    assert "at step 6 of 6" in err and f"use {run / 'average.keras'}" in err
    assert log_of(run) == log_of(single)
    for name in (LAST, "best.keras", "average.keras"):
        assert_close(weights_of(run / name), weights_of(single / name))


def test_another_config_in_the_same_folder(data, single, small, command):
    before = content(single)
    words = ("train", "--data", data, "--out", single, "--config", "tiny", "--set", *small)
    status, out, err = command(*words, "steps=9", "--ensemble-size", 2)
    assert status == 2 and out == ""
    assert "steps (6 there, 9 now), ensemble_size (None there, 2 now)" in err
    assert content(single) == before


def test_a_run_of_before_the_settings_were_renamed(data, single, small, tmp_path, command):
    run = shutil.copytree(single, tmp_path / "run")
    text = (run / "run.json").read_text()
    (run / "run.json").write_text(text.replace('"weight_decay"', '"decay"'))
    words = ("train", "--data", data, "--out", run, "--config", "tiny", "--set", *small)
    status, out, err = command(*words)
    assert status == 2 and out == "" and "with other settings than now (decay, weight_decay)" in err
    assert how_trained(run, 1)["training"]["steps"] == 6  # evaluated as ever


@pytest.mark.parametrize("split", ["train", "valid"])
def test_other_data_of_the_same_size_in_the_same_folder(
    data, single, small, tmp_path, command, split
):
    other = shutil.copytree(data, tmp_path / "data")
    card = read_card(data)
    name = next(name for name in card["outputs"] if name.startswith(split) and "ids" in name)
    ids = np.load(other / name)
    np.save(other / name, ids[::-1])
    write_card(other, {**card, "outputs": file_hashes(other)})
    words = ("train", "--data", other, "--out", single, "--config", "tiny", "--set", *small)
    status, _, err = command(*words)
    assert status == 2 and f"differs in {split}_sha256 (" in err


def test_workers_compare_what_decides_before_anything_is_written(
    data, small, tmp_path, monkeypatch
):
    heard = []

    def differ(strategy, settings):
        heard.append(json.loads(json.dumps(settings)))
        raise UserError("they differ")

    monkeypatch.setattr(module, "check_same_settings", differ)
    with pytest.raises(UserError, match="they differ"):
        train(data, tmp_path / "run", make_config("tiny", small), 2, "split", microbatches=2)
    (settings,) = heard
    assert settings["config"]["checkpoint_every"] == 3
    assert settings["method"] == {"ensemble_size": 2, "members": "split"}
    assert {"train_sha256", "valid_sha256", "vocabulary_sha256"} <= settings["data"].keys()
    assert settings["devices"]["microbatches"] == 2
    assert not (tmp_path / "run").exists()


def test_a_loss_that_explodes(data, small, tmp_path, command):
    run = RunDirectory(tmp_path / "run")
    words = ("train", "--data", data, "--out", run.path, "--config", "tiny", "--set", *small)
    status, out, err = command(*words, "learning_rate=1e9", "steps=50", "checkpoint_every=1")
    assert status == 2 and out == ""
    assert "the loss is not finite at step" in err and "--set learning_rate=" in err
    assert all(np.isfinite(entry["nll"]) for entry in run.log())
    if run.log():
        assert run.checkpoints().steps()[-1] == run.log()[-1]["step"]
    assert not [name for name in names(run.path) if name.startswith(".partial")]


def test_a_damaged_checkpoint(data, single, small, tmp_path, command):
    run = shutil.copytree(single, tmp_path / "run")
    (run / LAST).write_bytes((run / LAST).read_bytes()[:999])
    words = ("train", "--data", data, "--out", run, "--config", "tiny", "--set", *small)
    status, _, err = command(*words)
    assert status == 0 and "00000006.keras: left out" in err and "at step 3 of 6" in err
    for found, expected in zip(log_of(run), log_of(single), strict=True):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)
    for name in (LAST, "best.keras", "average.keras"):
        assert_close(weights_of(run / name), weights_of(single / name))


def test_checkpoints_of_another_run(data, single, ensemble, small, tmp_path, command):
    """Of another architecture, which would end in an error of Keras after the first steps."""
    run = shutil.copytree(single, tmp_path / "run")
    shutil.copytree(ensemble / "checkpoints", run / "checkpoints", dirs_exist_ok=True)
    before = content(run)
    words = ("train", "--data", data, "--out", run, "--config", "tiny", "--set", *small)
    status, out, err = command(*words)
    assert status == 2 and out == "" and "0/6" not in err
    assert "00000006.keras: expected a checkpoint of this run, got one of another" in err
    assert content(run) == before


@pytest.mark.parametrize("damage", ['"nll": NaN', '"nll": -1e999'])
def test_a_damaged_log_does_not_decide_which_model_is_best(
    data, single, small, tmp_path, command, damage
):
    run = shutil.copytree(single, tmp_path / "run")
    first, second = (run / "log.jsonl").read_text().splitlines()
    text = second.replace(f'"nll": {json.loads(second)["nll"]}', damage)
    (run / "log.jsonl").write_text(f"{first}\n{text}\n")
    words = ("train", "--data", data, "--out", run, "--config", "tiny", "--set", *small)
    status, out, err = command(*words)
    assert status == 0 and "log.jsonl: line 2 is damaged" in err
    nll = json.loads(second)["nll"]
    assert f"best single one {nll:.4f}" in err  # of best.keras itself
    assert f"NLL {nll:.4f}" in out


@pytest.mark.parametrize("stale", [True, False])
def test_a_best_model_that_is_none_of_the_log_is_written_again(
    data, single, small, tmp_path, stale
):
    """Stopped before its second checkpoint, a run goes on where that validation ends worse."""
    run = RunDirectory(shutil.copytree(single, tmp_path / "run"))
    for path in run.checkpoints().folder.glob("00000006*"):
        path.unlink()
    first, second = run.log()
    assert first["best"] and second["best"]
    run.write_log([{**first, "nll": 0.1}, {**second, "nll": 0.0, "best": stale}])
    run.best().write_bytes(b"a model")
    chosen = train(data, run.path, make_config("tiny", small))
    first, second = run.log()
    assert first["best"] and second["best"] == stale and second["nll"] > 0.1
    assert (run.best().read_bytes() == b"a model") != stale
    assert chosen["nll"] == pytest.approx(second["nll"] if stale else 0.1)


def test_a_termination_leaves_whole_files(data, small, tmp_path):
    run = tmp_path / "run"
    words = [sys.executable, "-m", "translation", "train", "--data", data, "--out", run]
    settings = [*small, "steps=100000", "checkpoint_every=2"]
    process = subprocess.Popen(
        [*map(str, words), "--config", "tiny", "--set", *settings],
        cwd=REPOSITORY,
        env={**os.environ, "TF_NUM_INTRAOP_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not Checkpoints(run / "checkpoints").steps() and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130 and out == "", err
    assert "be-translate train: interrupted" in err and "Traceback" not in err
    model, step = RunDirectory(run).checkpoints().restore(load_model)
    assert int(model.optimizer.iterations) == step >= 2
    assert [path for path in run.rglob("*") if "partial" in path.name] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "widht=8"], "unknown setting 'widht'; did you mean width?"),
        (["--set", "dropout=2"], "dropout must be in"),
        (["--ensemble-size", "0"], "--ensemble-size must be from 1 to 1,000; got 0"),
        (["--set", "max_length=3"], "at most 3 pieces"),
        (["--data", "nowhere"], "nowhere: expected a prepared data folder"),
        (["--out", "taken"], "got thesis.txt in it"),
        (["--out", "taken/thesis.txt/run"], "thesis.txt"),
    ],
)
def test_mistakes(data, small, tmp_path, monkeypatch, command, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    defaults = ("train", "--data", data, "--out", "run", "--config", "tiny", "--set", *small)
    status, out, err = command(*defaults, *words)
    assert status == 2 and out == ""
    assert message in err and "Traceback" not in err
    assert content(tmp_path) == {tmp_path / "taken" / "thesis.txt": b"mine"}


def test_bleu_is_logged_and_ends_the_training(data, small, tmp_path, capsys, monkeypatch):
    scores = iter([2.0, 5.0, 4.0, 4.5, 9.0])  # the last one is the average's
    monkeypatch.setattr(ValidationBleu, "score", lambda self, model: next(scores))
    settings = [*small, "steps=10", "checkpoint_every=1", "bleu_sentences=3", "patience=2"]
    arguments = data, tmp_path / "run", make_config("tiny", settings)
    train(*arguments)
    assert [entry["bleu"] for entry in log_of(tmp_path / "run")] == [2.0, 5.0, 4.0, 4.5]
    err = capsys.readouterr().err
    assert "bleu 4.500" in err
    assert "no higher BLEU for 2 validations: training ends at step 4" in err

    scores = iter([9.0])
    train(*arguments)  # again: it is over, and stays so
    assert len(log_of(tmp_path / "run")) == 4


def test_bleu_of_a_run_is_that_of_its_model(data, small, tmp_path):
    train(data, tmp_path / "run", make_config("tiny", [*small, "bleu_sentences=12"]))
    model, _, _ = load_translator(tmp_path / "run" / "best.keras")
    expected = ValidationBleu(data, 12).score(model)
    assert log_of(tmp_path / "run")[-1]["bleu"] == pytest.approx(expected)


def test_patience_needs_bleu():
    with pytest.raises(UserError, match="patience=2 without bleu_sentences"):
        make_config("tiny", ["patience=2"])


def test_a_full_disk_stops_the_run_and_the_same_command_goes_on(
    data, ensemble, small, tmp_path, monkeypatch
):
    """The disk refuses at the second checkpoint: files may not grow beyond what they have."""
    resource = pytest.importorskip("resource")
    arguments = data, tmp_path / "run", make_config("tiny", [*small, "average=2"]), 2, "split"
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    steps, on_train_batch_end = [], Progress.on_train_batch_end

    def fill(self, batch, logs=None):
        on_train_batch_end(self, batch, logs)
        steps.append(batch)
        if len(steps) == 5:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, unlimited[1]))

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "on_train_batch_end", fill)
        try:
            with pytest.raises(UserError, match=r"cannot be written .* make room"):
                train(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    run = RunDirectory(tmp_path / "run")
    assert run.checkpoints().steps() == [3]

    train(*arguments)
    for found, expected in zip(log_of(run.path), log_of(ensemble), strict=True):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert names(run.path) == names(ensemble)
    assert_close(weights_of(run.path / LAST), weights_of(ensemble / LAST))


def test_data_that_were_damaged_are_not_trained_on(data, small, tmp_path, command):
    other = shutil.copytree(data, tmp_path / "data")
    shard = next(other.glob("train*ids*"))
    np.save(shard, np.full_like(np.load(shard), 4))
    words = ("train", "--data", other, "--out", tmp_path / "run", "--config", "tiny")
    status, out, err = command(*words, "--set", *small)
    assert status == 2 and out == "" and f"{shard.name} is not as it was written" in err
    assert not (tmp_path / "run").exists()

"""A run's folder: whole files, the same run or none, and what is kept for the average."""

import errno
import json

import keras
import numpy as np
import pytest

from be_tracks.errors import UserError
from translation.training.run_directory import RunDirectory

SETTINGS = {
    "config": {"steps": 60, "dropout": 0.1},
    "method": {"ensemble_size": None},
    "data": {"vocabulary_sha256": "ab"},
    "version": "0.1.0",
}


@pytest.fixture
def vocabulary(tmp_path):
    """A file to copy."""
    path = tmp_path / "given.model"
    path.write_bytes(b"pieces")
    return path


@pytest.fixture
def run(tmp_path, vocabulary):
    """A run that has been started."""
    run = RunDirectory(tmp_path / "deep" / "run", vocabulary)
    run.start(SETTINGS)
    return run


@pytest.fixture
def model():
    """Two weights that stand for a model."""
    model = keras.Sequential([keras.layers.Dense(2)])
    model.build((None, 3))
    return model


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def changed(part, key, value):
    return {**SETTINGS, part: {**SETTINGS[part], key: value}}


def test_a_new_folder(run):
    assert names(run.path) == ["recent", "run.json", "vocabulary.model"]
    assert run.vocabulary.read_bytes() == b"pieces"
    assert run.settings() == SETTINGS
    assert run.log() == []


def test_the_same_run_again(run, vocabulary):
    before = (run.path / "run.json").read_bytes()
    RunDirectory(run.path, vocabulary).start({**SETTINGS, "version": "0.2.0"})
    assert (run.path / "run.json").read_bytes() == before


def test_another_run(run, vocabulary):
    settings = changed("config", "steps", 80)
    settings["method"] = {"ensemble_size": 4}
    with pytest.raises(UserError) as caught:
        run.start(settings)
    assert "steps (60 there, 80 now), ensemble_size (None there, 4 now)" in str(caught.value)
    assert run.settings() == SETTINGS


def test_a_folder_of_something_else(tmp_path, vocabulary):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="got thesis.txt in it; choose another --out"):
        RunDirectory(tmp_path / "run", vocabulary).start(SETTINGS)
    assert names(tmp_path / "run") == ["thesis.txt"]


def test_a_place_that_cannot_be_written(tmp_path, vocabulary):
    with pytest.raises(UserError, match="given.model/run.*--out"):
        RunDirectory(vocabulary / "run", vocabulary).start(SETTINGS)
    assert vocabulary.read_bytes() == b"pieces"


def test_an_interrupt_leaves_nothing(tmp_path, vocabulary, monkeypatch):
    def interrupted(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.copyfile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        RunDirectory(tmp_path / "run", vocabulary).start(SETTINGS)
    assert names(tmp_path) == ["given.model"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"config": {}, "method": 3, "data": {}}'])
def test_damaged_settings(run, text, vocabulary):
    (run.path / "run.json").write_text(text)
    for use in (run.settings, lambda: run.start(SETTINGS)):
        with pytest.raises(UserError, match="run.json: .* another --out"):
            use()


def test_no_run(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="without run.json; make it with the subcommand train"):
            RunDirectory(path).settings()


def test_log(run):
    entries = [{"step": 1, "nll": 2.5}, {"step": 2, "nll": 0.1}]
    run.write_log(entries[:1])
    run.write_log(entries)
    assert run.log() == entries
    lines = (run.path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == entries


def test_save(run, model):
    run.save(model, run.best())
    loaded = keras.saving.load_model(run.best())
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
    assert not list(run.path.glob(".partial-*"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
def test_a_save_that_fails_changes_nothing(run, model, monkeypatch, error):
    run.save(model, run.best())
    before = run.best().read_bytes()

    def half(path):
        path.write_bytes(before[:100])
        raise error

    monkeypatch.setattr(model, "save", half)
    with pytest.raises((KeyboardInterrupt, UserError)) as caught:
        run.save(model, run.best())
    if isinstance(error, OSError):
        assert f"{run.best()}: cannot be written (No space left)" in str(caught.value)
    assert run.best().read_bytes() == before
    assert not list(run.path.glob(".partial-*"))


def test_the_mean_of_the_last_few(run, model):
    for step in (5, 100, 1000):
        model.set_weights([np.full((3, 2), step), np.full(2, -step)])
        run.save_recent(model, step, keep=2)
    assert len(names(run.recent)) == 2
    kernel, bias = run.recent_mean()
    np.testing.assert_array_equal(kernel, np.full((3, 2), 550, "float32"))
    np.testing.assert_array_equal(bias, np.full(2, -550, "float32"))
    run.drop_recent_after(999)
    np.testing.assert_array_equal(run.recent_mean()[1], [-100, -100])


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "noise"])
def test_a_damaged_file_is_left_out_of_the_mean(run, model, capsys, damage):
    for step in (1, 2, 3):
        model.set_weights([np.full((3, 2), step), np.full(2, -step)])
        run.save_recent(model, step, keep=3)
    path = run.recent / "00000002.npz"
    content = bytearray(path.read_bytes())
    content[content.index(np.float32(2).tobytes())] ^= 1
    damaged = {"flip": content, "cut": content[:-9], "empty": b"", "noise": b"noise"}
    path.write_bytes(damaged[damage])
    for expected in (2, 1):
        kernel, bias = run.recent_mean()
        np.testing.assert_array_equal(kernel, np.full((3, 2), expected, "float32"))
        np.testing.assert_array_equal(bias, np.full(2, -expected, "float32"))
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 3 - expected
        assert said[0].startswith(f"{path}: left out of the average, it cannot be read (")
        (run.recent / "00000003.npz").write_bytes(damaged[damage])
    (run.recent / "00000001.npz").write_bytes(damaged[damage])
    with pytest.raises(UserError, match="weights to average are gone"):
        run.recent_mean()


def test_nothing_to_average(run):
    with pytest.raises(UserError, match="weights to average are gone"):
        run.recent_mean()


def test_what_an_interrupted_write_left_is_no_run_file(run, model):
    """Names of unfinished files, as a killed process leaves them, are never read."""
    for name in (".partial-1-best.keras", ".partial-2-log.jsonl", "recent/.partial-3-00000009.npz"):
        (run.path / name).write_bytes(b"half")
    run.save_recent(model, 3, keep=1)
    run.save(model, run.best())
    run.write_log([{"step": 3}])
    assert len(run.recent_mean()) == 2

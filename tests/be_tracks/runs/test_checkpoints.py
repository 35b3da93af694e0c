"""Checkpoints: whole, checked, the last few kept, a damaged one left out."""

import errno

import keras
import numpy as np
import pytest

from be_tracks.errors import UserError
from be_tracks.runs.checkpoints import Checkpoints, load_model


def model_of(value):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.layers[0].kernel.assign([[value]])
    return model


def value_of(model):
    return float(keras.ops.convert_to_numpy(model.layers[0].kernel)[0, 0])


@pytest.fixture
def checkpoints(tmp_path):
    """Those after the steps 10, 20 and 30, which hold their step; two are kept."""
    checkpoints = Checkpoints(tmp_path / "deep" / "run", keep=2)
    for step in (10, 20, 30):
        checkpoints.save(model_of(step), step)
    return checkpoints


def restored(checkpoints):
    said = []
    model, step = checkpoints.restore(keras.saving.load_model, said.append)
    return None if model is None else value_of(model), step, said


def test_the_last_ones_are_kept(checkpoints):
    assert checkpoints.steps() == [20, 30]
    names = sorted(path.name for path in checkpoints.folder.iterdir())
    assert names == [f"000000{n}.{kind}" for n in (20, 30) for kind in ("keras", "sha256")]
    assert restored(checkpoints) == (30.0, 30, [])


def test_nothing_there(tmp_path):
    assert restored(Checkpoints(tmp_path / "none")) == (None, 0, [])


@pytest.mark.parametrize("damage", ["flip", "cut", "mark", "unmarked", "gone"])
def test_a_damaged_one_is_left_out(checkpoints, damage):
    path = checkpoints.folder / "00000030.keras"
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[:-1])
    elif damage == "mark":
        path.with_suffix(".sha256").write_bytes(b"\xff\x00")
    elif damage == "unmarked":  # killed between the two files
        path.with_suffix(".sha256").unlink()
    else:
        path.unlink()
    value, step, said = restored(checkpoints)
    assert (value, step) == (20.0, 20)
    assert len(said) == (damage in ("flip", "cut", "mark"))
    assert all("00000030.keras: left out, its content" in line for line in said)
    checkpoints.save(model_of(7.0), 30)  # and training goes on over it
    assert restored(checkpoints) == (7.0, 30, [])


def test_a_sound_file_that_cannot_be_loaded_is_kept(checkpoints):
    def load(path):
        raise UserError("of another version")

    with pytest.raises(UserError, match="of another version"):
        checkpoints.restore(load)
    assert restored(checkpoints) == (30.0, 30, [])


@pytest.mark.parametrize("identity", ["ours", ""])
def test_one_of_another_run_is_not_loaded(checkpoints, identity):
    """Nor one that does not say whose it is."""
    theirs = Checkpoints(checkpoints.folder, "theirs" if identity else "")
    theirs.save(model_of(40.0), 40)
    ours = Checkpoints(checkpoints.folder, "ours")
    with pytest.raises(UserError, match="40.keras: expected a checkpoint of this run, got one of"):
        ours.restore(lambda path: pytest.fail("loaded"))
    assert theirs.restore(keras.saving.load_model)[1] == 40
    ours.save(model_of(50.0), 50)
    assert restored(ours) == (50.0, 50, [])


def test_none_is_sound(checkpoints):
    for path in checkpoints.folder.glob("*.keras"):
        path.write_bytes(b"noise")
    with pytest.raises(UserError, match="no checkpoint of the run is sound; train again"):
        restored(checkpoints)


def test_one_that_cannot_be_read_is_kept(checkpoints, monkeypatch):
    def refuse(path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("be_tracks.runs.checkpoints._sha256", refuse)
    with pytest.raises(UserError, match="cannot be read .Input/output error.; mend that"):
        restored(checkpoints)
    monkeypatch.undo()
    assert restored(checkpoints) == (30.0, 30, [])


def test_a_full_disk_loses_nothing(checkpoints, monkeypatch):
    def full(self, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    model = model_of(40.0)
    monkeypatch.setattr(type(model), "save", full)
    with pytest.raises(UserError, match="No space left.*make room"):
        checkpoints.save(model, 40)
    monkeypatch.undo()
    assert restored(checkpoints) == (30.0, 30, [])
    assert not list(checkpoints.folder.glob(".partial*"))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="cannot be written"):
        Checkpoints(tmp_path / "file" / "below").save(model_of(1.0), 1)


def test_clear(checkpoints):
    checkpoints.clear()
    assert not checkpoints.folder.exists() and restored(checkpoints) == (None, 0, [])
    checkpoints.clear()


def test_optimisers_come_along(tmp_path):
    model = model_of(1.0)
    model.compile("adam", "mse")
    model.fit(np.ones((8, 1)), np.zeros((8, 1)), epochs=2, verbose=0)
    checkpoints = Checkpoints(tmp_path / "run")
    checkpoints.save(model, 2)
    again, _ = checkpoints.restore(keras.saving.load_model)
    assert int(again.optimizer.iterations) == int(model.optimizer.iterations) == 2


def load(path, kind=keras.Model):
    return load_model(path, kind, "a model of ours", "make it again")


@pytest.fixture
def saved(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]).save(tmp_path / "a.keras")
    return tmp_path / "a.keras"


def test_gives_the_model(saved):
    assert load(saved).count_params() == 9


def test_says_what_is_wrong(saved, tmp_path):
    with pytest.raises(UserError, match="b.keras: there is no such model"):
        load(tmp_path / "b.keras")
    with pytest.raises(UserError, match="a.keras: expected a model of ours, got a Sequential"):
        load(saved, keras.layers.Dense)
    saved.write_bytes(saved.read_bytes()[:200])
    with pytest.raises(UserError, match=r"a.keras: .* cannot be loaded .*; make it again\."):
        load(saved)

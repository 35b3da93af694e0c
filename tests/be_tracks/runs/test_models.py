"""Models from disk: what is there is given, what is not is said, with what to do."""

import keras
import pytest

from be_tracks.errors import UserError
from be_tracks.runs.models import load_model


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

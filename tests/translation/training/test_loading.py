"""Trained models from disk: the right one, in full precision, or a message."""

import shutil

import keras
import numpy as np
import pytest

from be_tracks.errors import UserError
from translation.training.loading import best_model_path, load_model, load_translator


@pytest.fixture
def run(single, tmp_path):
    """A copy of a run, to be spoilt."""
    return shutil.copytree(single, tmp_path / "run")


def weights(path):
    return load_model(path).get_weights()


def test_the_average_or_else_the_best(run):
    assert best_model_path(run) == run / "average.keras"
    (run / "average.keras").unlink()
    assert best_model_path(run) == run / "best.keras"
    assert best_model_path(run / "best.keras") == run / "best.keras"


def test_a_run(run, data):
    model, vocabulary, path = load_translator(run)
    assert path == run / "average.keras"
    assert vocabulary.size == model.body.settings["vocabulary_size"] == 60
    for found, expected in zip(model.get_weights(), weights(path), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_model_out_of_its_run(run, tmp_path):
    (tmp_path / "alone").mkdir()
    for name in ("best.keras", "vocabulary.model"):
        shutil.copy(run / name, tmp_path / "alone" / name)
    model, _, _ = load_translator(tmp_path / "alone" / "best.keras")
    assert not model.compiled


def test_half_precision_is_loaded_for_use_in_full(translator, run):
    half = translator(None, "shared", "precision=mixed_bfloat16", vocabulary_size=60)
    half.save(run / "average.keras")
    model, _, _ = load_translator(run)
    assert model.body.compute_dtype == "float32"


@pytest.mark.parametrize("name", ["", "nowhere", "nowhere.keras", "empty"])
def test_nothing_there(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="with the subcommand train"):
        load_translator(tmp_path / name)


def test_a_run_before_its_first_validation(run):
    for name in ("average.keras", "best.keras"):
        (run / name).unlink()
    with pytest.raises(UserError, match="best.keras: there is no such model"):
        load_translator(run)


@pytest.mark.parametrize("kept", [0, 1000, -1000])
def test_a_damaged_model(run, kept):
    path = run / "average.keras"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match="average.keras: .*cannot be loaded"):
        load_translator(run)


def test_damage_inside_the_file(run):
    path = run / "average.keras"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(UserError, match="average.keras: .*cannot be loaded"):
        load_translator(run)


def test_a_model_of_another_kind(run):
    model = keras.Sequential([keras.layers.Dense(2)])
    model.build((None, 3))
    model.save(run / "average.keras")
    with pytest.raises(UserError, match="expected a translator, got a Sequential"):
        load_translator(run)


def test_a_vocabulary_of_another_size(translator, run):
    translator(vocabulary_size=59).save(run / "average.keras")
    with pytest.raises(UserError, match="has 60 pieces, and the model was trained with 59"):
        load_translator(run)


def test_a_vocabulary_of_another_run(run):
    settings = (run / "run.json").read_text()
    recorded = settings.split('"vocabulary_sha256": "')[1][:64]
    (run / "run.json").write_text(settings.replace(recorded, "0" * 64))
    with pytest.raises(UserError, match="is not the vocabulary that the run in"):
        load_translator(run)


def test_no_vocabulary(run):
    (run / "vocabulary.model").unlink()
    with pytest.raises(UserError, match="vocabulary.model: the vocabulary cannot be read"):
        load_translator(run)

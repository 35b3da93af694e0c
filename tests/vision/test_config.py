"""Presets, and the texts that change them."""

import dataclasses

import pytest

from be_tracks.errors import UserError
from vision.config import PRESETS, make_config
from vision.models import MODELS
from vision.training.build import make_optimizer


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_whole(name):
    settings = PRESETS[name]
    assert settings.model in MODELS and settings.examples is None
    assert settings.checkpoint_every <= settings.steps
    make_optimizer(settings)


def test_texts_become_values_of_the_right_type():
    texts = ["steps=7", "learning_rate=1", "augment=True", "examples=50", "schedule=drops:0.1:0.5"]
    settings = make_config("demo", [*texts, "flip=false"])
    expected = {"steps": 7, "learning_rate": 1.0, "augment": True, "flip": False, "examples": 50}
    changes = {**expected, "schedule": "drops:0.1:0.5"}
    assert settings == dataclasses.replace(PRESETS["demo"], **changes)
    assert isinstance(settings.learning_rate, float)
    assert make_config("demo", ["examples=None"]).examples is None


@pytest.mark.parametrize(
    ("preset", "changes", "message"),
    [
        ("tiny", [], "a config out of demo, .*; got 'tiny'"),
        ("demo", ["steps"], "of the form key=value; got 'steps'"),
        ("demo", ["stepps=3"], "unknown setting 'stepps'; did you mean steps?"),
        ("demo", ["steps=many"], "steps takes a value of type int; got 'many'"),
        ("demo", ["steps=0"], "steps must be from 1 to 10.9; got 0"),
        ("demo", ["augment=maybe"], "augment takes a value of type bool; got 'maybe'"),
        ("demo", ["schedule=step"], "schedule must be cosine, or drops:.*; got 'step'"),
        ("demo", ["schedule=drops:2:0.5"], "all of them between 0 and 1; got 'drops:2:0.5'"),
    ],
)
def test_mistakes(preset, changes, message):
    with pytest.raises(UserError, match=message):
        make_config(preset, changes)

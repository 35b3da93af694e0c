"""Settings: defaults that hold, a message for every mistake, and the initialisers they name."""

import dataclasses
import json

import pytest

from be_keras.initializers import RandomSign
from be_tracks.config import fast_initializer
from be_tracks.errors import UserError
from vision.models import MODELS
from vision.settings import Settings, make_settings


def test_changes_touch_their_fields_alone():
    changed = make_settings(model="cnn", ensemble_size=4, weight_decay=0, augment=True)
    changes = {"model": "cnn", "ensemble_size": 4, "weight_decay": 0.0, "augment": True}
    assert changed == dataclasses.replace(Settings(), **changes)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_of_the_registry_can_be_set(model):
    assert make_settings(model=model).model == model


def test_settings_survive_json():
    settings = make_settings(ensemble_size=2, fast_initializer="normal:1:0.5")
    assert Settings(**json.loads(json.dumps(dataclasses.asdict(settings)))) == settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widht": 2.0}, "unknown setting 'widht'; did you mean width?"),
        ({"zzz": 2.0}, "unknown setting 'zzz'; known are model, width, .*hold_out"),
        ({"model": "vgg"}, "model must be mlp or cnn or .*vgg16.* or resnet50; got 'vgg'"),
        ({"steps": "10"}, "steps takes a value of type int; got '10'"),
        ({"steps": 10.0}, "steps takes a value of type int; got 10.0"),
        ({"steps": True}, "steps takes a value of type int; got True"),
        ({"augment": 1}, "augment takes a value of type bool; got 1"),
        ({"weight_decay": "0"}, "weight_decay takes a value of type float; got '0'"),
        ({"model": None}, "model takes a value of type str; got None"),
        ({"ensemble_size": 2.0}, "ensemble_size takes a value of type int or None; got 2.0"),
        ({"ensemble_size": 0}, "ensemble_size must be None or at least 1; got 0"),
        ({"batch_size": 0}, "batch_size must be from 1 to 2.20; got 0"),
        ({"width": 0.05}, "width must be from 1/16 to 64; got 0.05"),
        ({"width": float("nan")}, "width must be from 1/16 to 64; got nan"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\); got 1.0"),
        ({"dropout": -0.1}, r"dropout must be in \[0, 1\); got -0.1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0 and finite; got 0.0"),
        ({"weight_decay": float("inf")}, "weight_decay must be 0 or more, and finite; got inf"),
        (
            {"fast_weight_lr_multiplier": -1},
            "fast_weight_lr_multiplier must be 0 or more, and finite; got -1",
        ),
        ({"augment": True, "flip": 0}, "flip takes a value of type bool; got 0"),
        ({"flip": False}, "flip=false .* needs augment=true; got augment=False. Leave flip out"),
        ({"fast_initializer": "signs"}, "fast_initializer must be random_sign, .*; got 'signs'"),
    ],
)
def test_mistakes(changes, message):
    with pytest.raises(UserError, match=message):
        make_settings(**changes)


def test_the_initialiser_is_the_one_named():
    sign = fast_initializer("sign:0.75")
    assert isinstance(sign, RandomSign) and sign.probability == 0.75

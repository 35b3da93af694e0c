"""Configs: presets with changed fields, and a message for every mistake."""

import dataclasses

import keras
import numpy as np
import pytest

from be_keras.initializers import RandomSign
from be_keras.roles import BIAS, set_role
from be_tracks.config import fast_initializer
from be_tracks.errors import UserError
from translation.config import PRESETS, Config, make_config


def test_settings_change_their_fields_alone():
    config = make_config("tiny", ["width=96", "dropout=0", "precision=mixed_bfloat16"])
    changes = {"width": 96, "dropout": 0.0, "precision": "mixed_bfloat16"}
    assert config == dataclasses.replace(PRESETS["tiny"], **changes)
    assert isinstance(config.dropout, float)


def test_the_last_setting_of_a_key_holds():
    assert make_config("tiny", ["seed=1", "seed=2"]).seed == 2


def test_base_and_big_are_the_papers():
    for name, sizes in (("base", (6, 512, 8, 2048, 0.1)), ("big", (6, 1024, 16, 4096, 0.3))):
        config = PRESETS[name]
        assert config.encoder_layers == config.decoder_layers
        found = config.encoder_layers, config.width, config.heads, config.feedforward
        assert (*found, config.dropout) == sizes


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("widht=64", "unknown setting 'widht'; did you mean width?"),
        ("zzz=1", "unknown setting 'zzz'; known are encoder_layers, .*seed"),
        ("width", "of the form key=value; got 'width'"),
        ("steps=1e5", "steps takes a value of type int; got '1e5'"),
        ("dropout=much", "dropout takes a value of type float; got 'much'"),
        ("steps=0", "steps must be from 1 to 10.9; got 0"),
        ("heads=0", "heads must be from 1 to 65,536; got 0"),
        ("decoder_layers=100000", "decoder_layers must be from 1 to 1,000; got 100000"),
        ("heads=3", "width must be a multiple of heads=3; got 128"),
        ("width=63", "width must be an even number; got 63"),
        ("buckets=17", "buckets must be from 1 to 16; got 17"),
        ("dropout=1", r"dropout must be in \[0, 1\); got 1.0"),
        ("cooldown=-0.1", r"cooldown must be in \[0, 1\); got -0.1"),
        ("learning_rate=0", "learning_rate must be above 0 and finite; got 0.0"),
        ("learning_rate=nan", "learning_rate must be above 0 and finite; got nan"),
        ("learning_rate=inf", "learning_rate must be above 0 and finite; got inf"),
        ("seed=-1", r"seed must be from 0 to 2\^32 - 1; got -1"),
        ("precision=float16", "precision must be float32 or mixed_bfloat16; got 'float16'"),
        ("fast_initializer=two", "fast_initializer must be random_.*got 'two'"),
        ("fast_where=middle", "fast_where must be all or first or last; got 'middle'"),
        ("optimizer=lion", "optimizer must be adam or sgd; got 'lion'"),
        ("member_loss=max", "member_loss must be mean or sum; got 'max'"),
        ("norms=none", "norms must be members or shared; got 'none'"),
        ("weight_decay=-1", "weight_decay must be 0 or more, and finite; got -1.0"),
    ],
)
def test_mistakes(setting, message):
    with pytest.raises(UserError, match=message):
        make_config("tiny", [setting])


def test_unknown_preset():
    with pytest.raises(UserError, match="a config out of tiny, small, base, big; got 'huge'"):
        make_config("huge")


def test_fast_weights():
    def drawn(text):
        return fast_initializer(Config(fast_initializer=text).fast_initializer)

    initializer = drawn("normal:1:0.25")
    assert (initializer.mean, initializer.stddev) == (1, 0.25)
    assert isinstance(drawn("random_sign"), RandomSign)
    assert drawn("sign:0.75").probability == 0.75


def test_optimizer():
    config = Config(
        learning_rate=0.5, warmup=4, steps=10, cooldown=0.5, fast_weight_lr_multiplier=0.25
    )
    optimizer = config.make_optimizer()
    assert optimizer.lr_multipliers == {"fast": 0.25}
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.9, 0.98, 1e-9)
    optimizer.build([keras.Variable(0.0)])
    assert float(optimizer.learning_rate) == pytest.approx(0.5 / 4)
    optimizer.iterations.assign(9)  # the last of 10 steps, 5 of them cooling down
    assert float(optimizer.learning_rate) == pytest.approx(0.5 * (4 / 10) ** 0.5 / 5)


@pytest.mark.parametrize("name", ["adam", "sgd"])
@pytest.mark.parametrize(("roles", "expected"), [("kernels", 1.0), ("all", 0.75)])
def test_decay_spares_what_is_no_kernel_unless_told(name, roles, expected):
    config = Config(
        optimizer=name, weight_decay=0.5, weight_decay_roles=roles, learning_rate=0.5, warmup=1
    )
    optimizer = config.make_optimizer()
    kernel, bias = keras.Variable(np.ones(2)), keras.Variable(np.ones(2))
    set_role(bias, BIAS)
    optimizer.build([kernel, bias])
    optimizer.apply([np.zeros(2), np.zeros(2)])
    np.testing.assert_allclose(kernel, 1 - 0.5 * 0.5, rtol=1e-6)
    np.testing.assert_allclose(bias, expected, rtol=1e-6)


def test_sgd_has_nesterov_momentum():
    optimizer = Config(optimizer="sgd").make_optimizer()
    assert (optimizer.momentum, optimizer.nesterov) == (0.9, True)
    assert optimizer.lr_multipliers == {"fast": 1.0}

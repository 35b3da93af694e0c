"""The optimisers: their schedule at known steps, and what they do to each role."""

import math

import keras
import numpy as np
import pytest

from be_keras.optimizers import SGD, AdamW
from be_keras.roles import FAST, ROLES, SHARED, set_role
from vision.settings import make_settings
from vision.training.build import make_optimizer


def rates(**changes):
    """The learning rate of every step."""
    settings = make_settings(**changes)
    schedule = make_optimizer(settings)._learning_rate
    return [float(schedule(step)) for step in range(settings.steps)]


def test_the_schedule_at_known_steps():
    found = rates(steps=100, learning_rate=0.4)
    assert found[0] == pytest.approx(0.4 / 5)
    assert np.all(np.diff(found[:6]) > 0) and max(found) == found[5] == pytest.approx(0.4)
    for step in (5, 30, 60, 99):
        expected = 0.2 * (1 + math.cos(math.pi * (step - 5) / 95))
        assert found[step] == pytest.approx(expected, rel=1e-4)
    assert found[99] < 0.001


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_even_the_shortest_training_moves(steps):
    found = rates(steps=steps, learning_rate=0.4)
    assert found[0] == pytest.approx(0.4) and np.isfinite(found).all()


def test_drops_are_shares_of_the_steps():
    found = rates(steps=40, learning_rate=0.4, schedule="drops:0.1:0.5,0.75")
    assert found[0] == pytest.approx(0.2) and found[19] == pytest.approx(0.4)
    assert found[20] == pytest.approx(0.04) and found[30] == pytest.approx(0.004)


def test_sgd():
    optimizer = make_optimizer(make_settings(weight_decay=0.01, fast_weight_lr_multiplier=0.5))
    assert type(optimizer) is SGD
    assert (optimizer.momentum, optimizer.nesterov) == (0.9, True)
    assert optimizer.weight_decay == 0.01 and optimizer.lr_multipliers == {"fast": 0.5}


@pytest.mark.parametrize("decay", [0.0, 0.05])
def test_adamw(decay):
    optimizer = make_optimizer(make_settings(optimizer="adamw", weight_decay=decay))
    assert type(optimizer) is AdamW and optimizer.weight_decay == decay


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_one_step_decays_kernels_and_slows_fast_weights(optimizer):
    settings = make_settings(
        optimizer=optimizer,
        steps=1,
        learning_rate=0.1,
        weight_decay=0.5,
        fast_weight_lr_multiplier=0.25,
    )
    made = make_optimizer(settings)
    kernel, fast = keras.Variable([1.0]), keras.Variable([1.0])
    set_role(kernel, SHARED), set_role(fast, FAST)
    made.build([kernel, fast])
    made.apply_gradients([(np.float32([0.0]), kernel), (np.float32([1.0]), fast)])
    assert float(kernel[0]) == pytest.approx(1 - 0.1 * 0.5)
    # The first step of Adam is the rate itself; of Nesterov's momentum 1.9 times the gradient's.
    first = 0.1 if optimizer == "adamw" else 0.19
    assert float(fast[0]) == pytest.approx(1 - 0.25 * first, rel=1e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_one_step_decays_everything_where_it_is_told_to(optimizer):
    made = make_optimizer(
        make_settings(
            optimizer=optimizer,
            steps=1,
            learning_rate=0.1,
            weight_decay=0.5,
            weight_decay_roles="all",
        )
    )
    variables = [keras.Variable([1.0]) for _ in ROLES]
    for variable, role in zip(variables, ROLES, strict=True):
        set_role(variable, role)
    made.build(variables)
    made.apply([np.float32([0.0])] * len(variables))
    np.testing.assert_allclose(np.stack(variables), 1 - 0.1 * 0.5, rtol=1e-6)

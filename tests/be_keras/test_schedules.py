"""The inverse-square-root schedule against its formula."""

import keras
import numpy as np
import pytest

from be_keras.schedules import InverseSquareRoot, WarmupDrops


def test_known_values():
    schedule = InverseSquareRoot(peak=1.0, warmup=4)
    rates = [float(schedule(step)) for step in (0, 1, 3, 4, 15, 99)]
    np.testing.assert_allclose(rates, [1 / 4, 2 / 4, 1.0, np.sqrt(4 / 5), 1 / 2, 1 / 5], rtol=1e-6)


def test_it_is_the_schedule_of_the_paper():
    width, warmup = 512, 4000
    schedule = InverseSquareRoot((width * warmup) ** -0.5, warmup)
    for step in (1, 100, 4000, 100_000):
        expected = width**-0.5 * min(step**-0.5, step * warmup**-1.5)
        np.testing.assert_allclose(float(schedule(step - 1)), expected, rtol=1e-5)


def test_an_optimizer_follows_it():
    optimizer = keras.optimizers.SGD(InverseSquareRoot(0.1, 2))
    variable = keras.Variable(0.0)
    optimizer.build([variable])
    values = []
    for _ in range(3):
        optimizer.apply([np.float32(1.0)], [variable])
        values.append(float(variable))
    np.testing.assert_allclose(np.diff([0.0, *values]), [-0.05, -0.1, -0.1 * np.sqrt(2 / 3)], 1e-5)


def test_config_round_trip():
    schedule = InverseSquareRoot(0.5, 10)
    config = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(config)
    assert isinstance(again, InverseSquareRoot) and again.get_config() == schedule.get_config()


@pytest.mark.parametrize(("peak", "warmup"), [(0.0, 10), (-1.0, 10), (1.0, 0)])
def test_arguments_out_of_range_are_refused(peak, warmup):
    with pytest.raises(ValueError, match=f"peak={peak}, warmup={warmup}"):
        InverseSquareRoot(peak, warmup)


def test_drops_at_known_steps():
    schedule = WarmupDrops(0.8, 4, 0.5, (6, 8))
    found = [float(schedule(step)) for step in range(10)]
    expected = [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_drops_round_trip():
    schedule = WarmupDrops(0.5, 10, 0.1, (20, 30))
    config = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(config)
    assert isinstance(again, WarmupDrops) and again.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    "arguments",
    [(0, 1, 0.5, ()), (1, 0, 0.5, ()), (1, 1, 0, ()), (1, 1, 1.5, ()), (1, 1, 0.5, (0,))],
)
def test_drops_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match="`peak` must be positive"):
        WarmupDrops(*arguments)

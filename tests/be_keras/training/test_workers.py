"""Workers: what a process does that is alone; `test_distributed.py` has two of them."""

import keras
import numpy as np
import pytest

import be_keras
from be_keras.training import (
    broadcast_from_chief,
    broadcast_variables,
    is_chief,
    restore_in_scope,
    strategy,
)
from be_tracks.devices import check_same_settings

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def make():
    body = be_keras.DenseBatchEnsemble(1, ensemble_size=2)
    model = be_keras.EnsembleModel(body, 2, outputs="values")
    model.build((None, 3))
    model.compile("adam", "mse")
    return model


def state_of(model):
    variables = [*model.weights, *model.optimizer.variables]
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


@pytest.mark.parametrize("devices", [None, strategy("one")])
def test_a_process_that_is_alone_is_the_chief_and_agrees(devices):
    variable = keras.Variable([1.0, 2.0])
    broadcast_variables(devices, [variable])
    np.testing.assert_array_equal(variable, [1, 2])
    assert is_chief(devices)
    assert broadcast_from_chief(devices, [3, 4]).tolist() == [3, 4]
    check_same_settings(devices, {"no": {"JSON": object()}})


def test_on_one_device_a_restored_model_is_the_one_to_train():
    restored = make()
    assert restore_in_scope(None, restored, make) is restored
    new = restore_in_scope(None, None, make)
    assert new.optimizer.built and int(new.optimizer.iterations) == 0


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_under_a_strategy_a_model_of_its_scope_gets_the_restored_state():
    import tensorflow as tf

    restored = make()
    restored.fit(X, X[:, :1], batch_size=2, verbose=0)
    devices = tf.distribute.OneDeviceStrategy("CPU:0")
    model = restore_in_scope(devices, restored, make)
    assert model.strategy is devices and restored.strategy is None
    for found, expected in zip(state_of(model), state_of(restored), strict=True):
        np.testing.assert_array_equal(found, expected)
    model.fit(X, X[:, :1], batch_size=2, verbose=0)
    assert int(model.optimizer.iterations) == 4

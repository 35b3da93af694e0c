"""Compiled functions of a model see its weights of each call."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel
from be_keras.backend import compiled, has_accelerator
from be_keras.layers import DenseBatchEnsemble


@pytest.mark.parametrize("jit_compile", [False, True])
def test_new_weights_are_seen(jit_compile):
    model = EnsembleModel(DenseBatchEnsemble(2, ensemble_size=3), 3, outputs="logits")
    data = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    model.build((None, 5))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True))
    calls = []

    def predict(inputs):
        calls.append(1)
        return {"mean": model.mean_prediction(model(inputs["x"], training=False))}

    function = compiled(model, predict, jit_compile=jit_compile)
    inputs = {"x": keras.ops.convert_to_tensor(data)}

    def check():
        expected = model.mean_prediction(model(data))
        np.testing.assert_allclose(function(inputs)["mean"], expected, rtol=1e-5, atol=1e-6)

    check()
    model.fit(data, np.array([0, 1, 0, 1]), verbose=0)
    check()
    model.set_weights([weight + 1.0 for weight in model.get_weights()])
    check()
    assert len(calls) == 1  # it was traced once


def test_weights_are_not_changed():
    layer = keras.layers.BatchNormalization()
    layer.build((None, 2))
    model = keras.Sequential([keras.Input((2,)), layer])
    before = model.get_weights()
    compiled(model, lambda x: model(x, training=False))(np.ones((3, 2), "float32"))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_accelerators_are_told_from_cpus():
    devices = keras.distribution.list_devices()
    assert has_accelerator() == any(not name.startswith("cpu") for name in devices)

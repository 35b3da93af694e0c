"""When kernels are folded, and that members' rows come and go in their order."""

import keras
import numpy as np
import pytest
from keras import ops

from be_keras.layers import Conv2DBatchEnsemble, SeparableConv2DBatchEnsemble
from be_keras.layers.folding import folding_pays, for_each_member


@pytest.mark.parametrize(
    ("rows", "kernel", "folds"),
    [
        (8, 13, True),  # 8 * (6 + 4) activations against 3 * 2 * 13
        (8, 14, False),
        (None, 53, True),  # an unknown batch counts as 16 examples: 320 against 3 * 2 * 53
        (None, 54, False),
    ],
)
@pytest.mark.parametrize("accelerated", [False, True])
def test_the_smaller_of_activations_and_kernels_is_scaled(
    monkeypatch, rows, kernel, folds, accelerated
):
    monkeypatch.setattr("be_keras.layers.folding.has_accelerator", lambda: accelerated)
    sizes = [30, kernel - 30]
    assert folding_pays((rows, 3, 2), (rows, 4), sizes, 2) is (folds and not accelerated)


def test_many_members_are_not_compiled_one_by_one(monkeypatch):
    monkeypatch.setattr("be_keras.layers.folding.has_accelerator", lambda: False)
    assert folding_pays((160, 9, 9), (160, 9, 9), [1], 16)
    assert not folding_pays((170, 9, 9), (170, 9, 9), [1], 17)


def test_each_member_gets_its_rows():
    rows = np.arange(24.0, dtype="float32").reshape(6, 2, 2)
    outputs = for_each_member(lambda rows, member: rows[:, 0] + 100.0 * member, rows, 3)
    np.testing.assert_array_equal(outputs, rows[:, 0] + 100.0 * (np.arange(6) % 3)[:, None])


@pytest.mark.parametrize(
    "kind",
    [
        lambda: Conv2DBatchEnsemble(32, 3, ensemble_size=2),
        lambda: SeparableConv2DBatchEnsemble(32, 3, ensemble_size=2),
    ],
)
def test_layers_scale_the_smaller(monkeypatch, kind):
    monkeypatch.setattr("be_keras.layers.folding.has_accelerator", lambda: False)
    layer = kind()
    layer.build((None, 8, 8, 32))
    assert layer.folds((64, 8, 8, 32)) and layer.folds((None, 16, 16, 32))
    assert not layer.folds((2, 3, 3, 32))


def test_both_ways_agree_in_a_graph_of_unknown_size():
    layer = Conv2DBatchEnsemble(3, 2, ensemble_size=2, s_initializer="normal_around_one")
    inputs = keras.Input((4, 5, 2))
    model = keras.Model(inputs, layer(inputs))
    rows = np.random.default_rng(0).normal(size=(4, 4, 5, 2)).astype("float32")
    outputs = []
    for fold in (True, False):
        layer.folds = lambda shape, fold=fold: fold
        model.predict_function = None
        outputs.append(model.predict(rows, verbose=0))
    np.testing.assert_allclose(*outputs, rtol=1e-5, atol=1e-6)
    assert ops.shape(outputs[0]) == (4, 3, 4, 3)

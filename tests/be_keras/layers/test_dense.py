"""DenseBatchEnsemble against NumPy and against M plain dense layers."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.layers import DenseBatchEnsemble


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.integers(1, 3), st.integers(1, 3), st.lists(st.integers(1, 4), max_size=2), st.booleans())
def test_equals_plain_layers_with_folded_kernels(
    check_members, kernel, own, examples, size, axes, use_bias
):
    layer = DenseBatchEnsemble(
        3, "tanh", use_bias, bias_initializer="normal", ensemble_size=size,
        r_initializer="normal_around_one",
    )
    layer.build((None, *axes, 4))
    plain = [keras.layers.Dense(3, "tanh", use_bias) for _ in range(size)]
    for each in plain:
        each.build((None, *axes, 4))
    data = np.random.default_rng(2).normal(size=(examples * size, *axes, 4)).astype("float32")
    check_members(
        layer,
        plain,
        [kernel(layer.kernel, layer.r, layer.s, (4, 1), (1, 3), lambda p: p.kernel)],
        [own(layer.bias, lambda p: p.bias)] if use_bias else [],
        data,
    )


def test_the_formula_in_numpy():
    layer = DenseBatchEnsemble(2, "relu", bias_initializer="normal", ensemble_size=3)
    data = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    outputs = np.asarray(layer(data))
    kernel, r, s, bias = (np.asarray(w) for w in (layer.kernel, layer.r, layer.s, layer.bias))
    for row in range(6):
        member = row % 3
        expected = ((data[row] * r[member]) @ kernel) * s[member] + bias[member]
        np.testing.assert_allclose(outputs[row], np.maximum(expected, 0), rtol=1e-5, atol=1e-6)


def test_a_worked_example():
    layer = DenseBatchEnsemble(1, ensemble_size=2)
    layer.build((None, 2))
    layer.kernel.assign([[1.0], [10.0]])
    layer.r.assign([[1.0, 1.0], [1.0, -1.0]])
    layer.s.assign([[2.0], [3.0]])
    layer.bias.assign([[0.5], [0.0]])
    np.testing.assert_allclose(layer(np.float32([[1, 2], [1, 2]])), [[42.5], [-57.0]])


def test_the_weights_and_their_shapes():
    layer = DenseBatchEnsemble(5, ensemble_size=3)
    layer.build((None, 7, 4))
    shapes = {weight.name: tuple(weight.shape) for weight in layer.weights}
    assert shapes == {"kernel": (4, 5), "r": (3, 4), "s": (3, 5), "bias": (3, 5)}
    assert len(DenseBatchEnsemble(5, use_bias=False, ensemble_size=3).weights) == 0


def test_r_and_s_of_a_square_layer_differ():
    layer = DenseBatchEnsemble(64, ensemble_size=4)
    layer.build((None, 64))
    assert not np.array_equal(layer.r, layer.s)


def test_regularisers_and_constraints_act_on_their_weights():
    layer = DenseBatchEnsemble(
        3,
        kernel_regularizer=keras.regularizers.L1(1.0),
        r_regularizer=keras.regularizers.L1(10.0),
        s_regularizer=keras.regularizers.L1(100.0),
        s_constraint="non_neg",
        ensemble_size=2,
    )
    layer.build((None, 4))
    expected = np.sum(np.abs(layer.kernel)) + 10 * 2 * 4 + 100 * 2 * 3
    np.testing.assert_allclose(sum(float(loss) for loss in layer.losses), expected, rtol=1e-5)
    assert np.all(np.asarray(layer.s.constraint(layer.s)) >= 0)


@pytest.mark.parametrize("units", [0, -2, 2.5, "3", True])
def test_units_must_be_a_positive_integer(units):
    with pytest.raises(ValueError, match=f"`units` must be a positive integer.*{units!r}"):
        DenseBatchEnsemble(units, ensemble_size=2)


@pytest.mark.parametrize("shape", [(None,), (None, 3, None)])
def test_rows_need_a_last_axis_of_known_size(shape):
    with pytest.raises(ValueError, match="expects rows .* with a known last axis"):
        DenseBatchEnsemble(2, ensemble_size=2).build(shape)


def test_another_width_than_built_for_is_refused():
    layer = DenseBatchEnsemble(2, ensemble_size=2)
    layer.build((None, 4))
    with pytest.raises(ValueError, match="axis -1 .* to have value 4"):
        layer(np.zeros((2, 5), "float32"))

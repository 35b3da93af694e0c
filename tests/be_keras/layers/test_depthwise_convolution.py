"""Depthwise convolutions of M members against M plain ones."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.layers import DepthwiseConv1DBatchEnsemble, DepthwiseConv2DBatchEnsemble

KINDS = {
    1: (DepthwiseConv1DBatchEnsemble, keras.layers.DepthwiseConv1D),
    2: (DepthwiseConv2DBatchEnsemble, keras.layers.DepthwiseConv2D),
}


@pytest.fixture(scope="module")
def compare(check_members, kernel, own):
    """Asserts that a layer on 4 channels equals plain ones, values and gradients."""

    def compare(space, window, examples=2, size=3, multiplier=1, fold=True, **options):
        ours, keras_own = KINDS[len(space)]
        options = {**options, "activation": "tanh", "depth_multiplier": multiplier}
        layer = ours(
            window, bias_initializer="normal", ensemble_size=size,
            r_initializer="normal_around_one", **options,
        )
        layer.folds = lambda shape: fold
        plain = [keras_own(window, **options) for _ in range(size)]
        shape = (4, *space) if options.get("data_format") == "channels_first" else (*space, 4)
        for each in (layer, *plain):
            each.build((None, *shape))
        ones = (1,) * len(space)
        part = kernel(
            layer.kernel, layer.r, layer.s, (*ones, 4, 1), (*ones, 4, multiplier),
            lambda p: p.kernel,
        )
        draw = np.random.default_rng(2)
        data = draw.normal(size=(examples * size, *shape)).astype("float32")
        check_members(layer, plain, [part], [own(layer.bias, lambda p: p.bias)], data)

    return compare


@pytest.mark.parametrize(
    ("data_format", "fold"),
    [("channels_last", True), ("channels_first", True), ("channels_first", False)],
)
@pytest.mark.parametrize(
    ("space", "window", "options"),
    [
        ((7,), 3, {"dilation_rate": 2, "multiplier": 2}),
        ((6, 5), (3, 2), {"padding": "same", "strides": 2, "multiplier": 3}),
    ],
)
def test_equals_plain_layers_with_folded_kernels(
    compare, space, window, options, data_format, fold
):
    compare(space, window, data_format=data_format, fold=fold, **options)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(
    st.integers(1, 2), st.integers(1, 3), st.lists(st.integers(2, 4), min_size=1, max_size=2),
    st.integers(1, 2), st.sampled_from(["valid", "same"]), st.integers(1, 2),
)
def test_random_shapes(compare, examples, size, space, window, padding, multiplier):
    compare(space, window, examples, size, multiplier, padding=padding)


def test_the_formula_in_numpy():
    layer = DepthwiseConv1DBatchEnsemble(
        2, depth_multiplier=2, bias_initializer="normal", ensemble_size=2
    )
    rows = np.random.default_rng(0).normal(size=(4, 3, 5)).astype("float32")
    outputs = np.asarray(layer(rows))
    kernel, r, s, bias = (np.asarray(w) for w in (layer.kernel, layer.r, layer.s, layer.bias))
    for row, channel, depth in np.ndindex(4, 5, 2):
        member, output = row % 2, 2 * channel + depth
        steps = rows[row, :, channel] * r[member, channel]
        window = kernel[:, channel, depth]
        expected = [steps[t] * window[0] + steps[t + 1] * window[1] for t in range(2)]
        expected = np.array(expected) * s[member, output] + bias[member, output]
        np.testing.assert_allclose(outputs[row, :, output], expected, rtol=1e-4, atol=1e-5)


def test_the_weights_and_their_shapes():
    layer = DepthwiseConv2DBatchEnsemble((3, 2), depth_multiplier=3, ensemble_size=5)
    layer.build((None, 8, 8, 4))
    shapes = {weight.name: tuple(weight.shape) for weight in layer.weights}
    assert shapes == {"kernel": (3, 2, 4, 3), "r": (5, 4), "s": (5, 12), "bias": (5, 12)}


@pytest.mark.parametrize("multiplier", [0, -1, 1.5, True])
def test_the_multiplier_must_be_a_positive_integer(multiplier):
    with pytest.raises(ValueError, match=f"`depth_multiplier` must be a positive.*{multiplier}"):
        DepthwiseConv1DBatchEnsemble(3, depth_multiplier=multiplier, ensemble_size=2)

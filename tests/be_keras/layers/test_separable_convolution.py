"""Separable convolutions of M members against M plain ones."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.layers import SeparableConv1DBatchEnsemble, SeparableConv2DBatchEnsemble
from be_keras.roles import role_of

KINDS = {
    1: (SeparableConv1DBatchEnsemble, keras.layers.SeparableConv1D),
    2: (SeparableConv2DBatchEnsemble, keras.layers.SeparableConv2D),
}


@pytest.fixture(scope="module")
def compare(check_members, kernel, own):
    """Asserts that a layer of 4 channels to 3 filters equals plain ones, values and gradients."""

    def compare(space, window, examples=2, size=3, multiplier=1, fold=True, **options):
        ours, keras_own = KINDS[len(space)]
        options = {**options, "activation": "tanh", "depth_multiplier": multiplier}
        layer = ours(
            3, window, bias_initializer="normal", ensemble_size=size,
            r_initializer="normal_around_one", **options,
        )
        layer.folds = lambda shape: fold
        plain = [keras_own(3, window, **options) for _ in range(size)]
        shape = (4, *space) if options.get("data_format") == "channels_first" else (*space, 4)
        for each in (layer, *plain):
            each.build((None, *shape))
        ones, inner = (1,) * len(space), 4 * multiplier
        without = np.ones((size, 1), "float32")
        parts = [
            kernel(
                layer.depthwise_kernel, layer.r, without, (*ones, 4, 1), (*ones, 1, 1),
                lambda p: p.depthwise_kernel,
            ),
            kernel(
                layer.pointwise_kernel, layer.q, layer.s, (*ones, inner, 1), (*ones, 1, 3),
                lambda p: p.pointwise_kernel,
            ),
        ]
        draw = np.random.default_rng(2)
        data = draw.normal(size=(examples * size, *shape)).astype("float32")
        check_members(layer, plain, parts, [own(layer.bias, lambda p: p.bias)], data)

    return compare


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize(
    ("space", "window", "options"),
    [
        ((7,), 3, {"dilation_rate": 2, "multiplier": 2}),
        ((6, 5), (3, 2), {"padding": "same", "strides": 2, "multiplier": 3}),
    ],
)
def test_equals_plain_layers_with_folded_kernels(compare, space, window, options, fold):
    compare(space, window, fold=fold, **options)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(
    st.integers(1, 2), st.integers(1, 3), st.lists(st.integers(2, 4), min_size=1, max_size=2),
    st.integers(1, 2), st.sampled_from(["valid", "same"]), st.integers(1, 2),
)
def test_random_shapes(compare, examples, size, space, window, padding, multiplier):
    compare(space, window, examples, size, multiplier, padding=padding)


def test_the_weights_and_their_shapes():
    layer = SeparableConv2DBatchEnsemble(6, (3, 2), depth_multiplier=2, ensemble_size=5)
    layer.build((None, 8, 8, 4))
    shapes = {weight.name: tuple(weight.shape) for weight in layer.weights}
    assert shapes == {
        "depthwise_kernel": (3, 2, 4, 2), "pointwise_kernel": (1, 1, 8, 6),
        "r": (5, 4), "q": (5, 8), "s": (5, 6), "bias": (5, 6),
    }
    assert {role_of(weight) for weight in (layer.r, layer.q, layer.s)} == {"fast"}


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_shapes_that_are_partly_unknown(data_format):
    shape = (None, None, 9, 4) if data_format == "channels_last" else (None, 4, None, 9)
    ours, keras_own = (
        kind(6, 3, strides=2, data_format=data_format, depth_multiplier=2, **options)
        for kind, options in zip(KINDS[2], ({"ensemble_size": 3}, {}), strict=True)
    )
    assert ours.compute_output_shape(shape) == tuple(keras_own.compute_output_shape(shape))


@pytest.mark.parametrize("name", ["filters", "depth_multiplier"])
def test_counts_must_be_positive_integers(name):
    options = {"filters": 3, "kernel_size": 3, "ensemble_size": 2, name: 0}
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer.*0"):
        SeparableConv1DBatchEnsemble(**options)

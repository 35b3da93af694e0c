"""Transposed convolutions of M members against M plain ones."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.layers import (
    Conv1DTransposeBatchEnsemble,
    Conv2DTransposeBatchEnsemble,
    Conv3DTransposeBatchEnsemble,
)

KINDS = {
    1: (Conv1DTransposeBatchEnsemble, keras.layers.Conv1DTranspose),
    2: (Conv2DTransposeBatchEnsemble, keras.layers.Conv2DTranspose),
    3: (Conv3DTransposeBatchEnsemble, keras.layers.Conv3DTranspose),
}
WAYS = [("channels_last", True), ("channels_last", False)]  # the format, and whether to fold
if keras.backend.backend() == "jax":  # TensorFlow has no convolution with channels first on CPU
    WAYS[1:] = [("channels_first", True), ("channels_first", False)]


def call(layer, rows):
    """A layer's outputs, of dilated layers under XLA.

    TensorFlow itself has no dilated transposed convolution on a CPU without oneDNN, which it leaves
    off on some processors.
    """
    if keras.backend.backend() != "tensorflow" or set(layer.dilation_rate) == {1}:
        return layer(rows)
    import tensorflow as tf

    return tf.function(layer, jit_compile=True)(rows)


@pytest.fixture(scope="module")
def compare(check_members, kernel, own):
    """Asserts that a layer of 4 channels to 3 filters equals plain ones, values and gradients."""

    def compare(
        space, window, examples=2, size=3, data_format="channels_last", fold=True, **options
    ):
        rank = len(space)
        ours, keras_own = KINDS[rank]
        options = {**options, "activation": "tanh", "data_format": data_format}
        layer = ours(
            3, window, bias_initializer="normal", ensemble_size=size,
            r_initializer="normal_around_one", **options,
        )
        layer.folds = lambda shape: fold
        plain = [keras_own(3, window, **options) for _ in range(size)]
        shape = (*space, 4) if data_format == "channels_last" else (4, *space)
        for each in (layer, *plain):
            each.build((None, *shape))
        ones = (1,) * rank
        part = kernel(
            layer.kernel, layer.r, layer.s, (*ones, 1, 4), (*ones, 3, 1), lambda p: p.kernel
        )
        biases = [own(layer.bias, lambda p: p.bias)] if layer.use_bias else []
        draw = np.random.default_rng(2)
        data = draw.normal(size=(examples * size, *shape)).astype("float32")
        check_members(layer, plain, [part], biases, data, call)

    return compare


@pytest.mark.parametrize(("data_format", "fold"), WAYS)
@pytest.mark.parametrize(
    ("space", "window", "options"),
    [
        ((5,), 3, {"strides": 2, "output_padding": 1}),
        ((5,), 2, {"dilation_rate": 2, "use_bias": False}),
        ((4, 3), (3, 2), {"padding": "same", "strides": (1, 2)}),
        ((2, 3, 2), (1, 2, 3), {"strides": 2}),
    ],
)
def test_equals_plain_layers_with_folded_kernels(
    compare, space, window, options, data_format, fold
):
    compare(space, window, data_format=data_format, fold=fold, **options)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(
    st.integers(1, 2), st.integers(1, 3), st.lists(st.integers(1, 4), min_size=1, max_size=2),
    st.integers(1, 3), st.sampled_from(["valid", "same"]), st.integers(1, 2),
)
def test_random_shapes(compare, examples, size, space, window, padding, strides):
    compare(space, window, examples, size, padding=padding, strides=strides)


def test_a_worked_example():
    layer = Conv1DTransposeBatchEnsemble(1, 2, 2, use_bias=False, ensemble_size=2)
    layer.build((None, 2, 1))
    for weight, value in (
        (layer.kernel, [[[1.0]], [[10.0]]]), (layer.r, [[1.0], [-1.0]]), (layer.s, [[2.0], [3.0]])
    ):
        weight.assign(value)
    outputs = layer(np.float32([[[1], [2]]] * 2))
    np.testing.assert_allclose(outputs[..., 0], [[2, 20, 4, 40], [-3, -30, -6, -60]])


def test_the_weights_and_their_shapes():
    layer = Conv2DTransposeBatchEnsemble(6, (3, 2), ensemble_size=5)
    layer.build((None, 8, 8, 4))
    shapes = {weight.name: tuple(weight.shape) for weight in layer.weights}
    assert shapes == {"kernel": (3, 2, 6, 4), "r": (5, 4), "s": (5, 6), "bias": (5, 6)}


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_shapes_that_are_partly_unknown(rank, data_format):
    space = (None, 9, 8)[:rank]
    shape = (None, *space, 4) if data_format == "channels_last" else (None, 4, *space)
    ours, keras_own = (
        kind(6, 2, strides=3, data_format=data_format, **options)
        for kind, options in zip(KINDS[rank], ({"ensemble_size": 3}, {}), strict=True)
    )
    assert ours.compute_output_shape(shape) == tuple(keras_own.compute_output_shape(shape))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strides": 2, "output_padding": 2}, r"below the strides.*\(2, 2\), strides=\(2, 2\)"),
        ({"output_padding": -1}, "`output_padding` must .* each at least 0.*-1"),
        ({"strides": 2, "dilation_rate": 2}, "no strides together with dilation"),
        ({"filters": 0}, "`filters` must be a positive integer.*0"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Conv2DTransposeBatchEnsemble(
            **{"filters": 6, "kernel_size": 3, "ensemble_size": 2, **options}
        )

"""Convolutions of M members against M plain convolutions, and their groups against slices."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from be_keras.layers import Conv1DBatchEnsemble, Conv2DBatchEnsemble, Conv3DBatchEnsemble

KINDS = {
    1: (Conv1DBatchEnsemble, keras.layers.Conv1D),
    2: (Conv2DBatchEnsemble, keras.layers.Conv2D),
    3: (Conv3DBatchEnsemble, keras.layers.Conv3D),
}
WAYS = [("channels_last", True), ("channels_last", False)]  # the format, and whether to fold
if keras.backend.backend() == "jax":  # TensorFlow has no convolution with channels first on CPU
    WAYS[1:] = [("channels_first", True), ("channels_first", False)]


def rows_of(count, space, channels, data_format="channels_last"):
    shape = (*space, channels) if data_format == "channels_last" else (channels, *space)
    return np.random.default_rng(2).normal(size=(count, *shape)).astype("float32")


@pytest.fixture(scope="module")
def compare(check_members, kernel, own):
    """Asserts that a layer of 4 channels to 3 filters equals plain ones, values and gradients."""

    def compare(rank, window, data, size=3, fold=True, **options):
        ours, keras_own = KINDS[rank]
        layer = ours(
            3, window, activation="tanh", bias_initializer="normal", ensemble_size=size,
            r_initializer="normal_around_one", **options,
        )
        layer.folds = lambda shape: fold
        plain = [keras_own(3, window, activation="tanh", **options) for _ in range(size)]
        for each in (layer, *plain):
            each.build(data.shape)
        ones = (1,) * rank
        part = kernel(
            layer.kernel, layer.r, layer.s, (*ones, 4, 1), (*ones, 1, 3), lambda p: p.kernel
        )
        biases = [own(layer.bias, lambda p: p.bias)] if layer.use_bias else []
        check_members(layer, plain, [part], biases, data)

    return compare


@pytest.mark.parametrize(("data_format", "fold"), WAYS)
@pytest.mark.parametrize(
    ("rank", "window", "options"),
    [
        (1, 3, {"padding": "causal", "dilation_rate": 2}),
        (1, 2, {"strides": 3, "use_bias": False}),
        (2, (3, 2), {"padding": "same", "strides": (1, 2)}),
        (2, 2, {"dilation_rate": (1, 2)}),
        (3, (1, 2, 3), {"padding": "SAME", "strides": 2}),
    ],
)
def test_equals_plain_layers_with_folded_kernels(
    compare, rank, window, options, data_format, fold
):
    data = rows_of(6, (7, 6, 5)[:rank], 4, data_format)
    compare(rank, window, data, data_format=data_format, fold=fold, **options)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    st.integers(1, 2), st.integers(1, 3), st.lists(st.integers(2, 5), min_size=1, max_size=2),
    st.integers(1, 2), st.sampled_from(["valid", "same"]), st.integers(1, 2), st.booleans(),
)
def test_random_shapes(compare, examples, size, space, window, padding, strides, fold):
    data = rows_of(examples * size, space, 4)
    compare(len(space), window, data, size, fold, padding=padding, strides=strides)


@pytest.mark.parametrize(("rank", "fold"), [(1, False), (2, True)])
def test_groups_are_convolutions_of_slices(gradients, rank, fold):
    layer = KINDS[rank][0](
        6, 2, groups=2, bias_initializer="normal", ensemble_size=3,
        r_initializer="normal_around_one",
    )
    layer.folds = lambda shape: fold
    data = rows_of(6, (5, 4)[:rank], 4)
    layer(data)

    def slices(rows):
        members = ops.reshape(rows, (2, 3, *rows.shape[1:]))
        spread = (1, 3, *[1] * rank, -1)
        members = members * ops.reshape(layer.r, spread)
        rows = ops.reshape(members, rows.shape)
        halves = [
            ops.conv(rows[..., 2 * g : 2 * g + 2], layer.kernel[..., 3 * g : 3 * g + 3])
            for g in range(2)
        ]
        outputs = ops.concatenate(halves, axis=-1)
        members = ops.reshape(outputs, (2, 3, *outputs.shape[1:]))
        members = members * ops.reshape(layer.s, spread) + ops.reshape(layer.bias, spread)
        return ops.reshape(members, outputs.shape)

    outputs, found = gradients(layer, layer.weights, [data])
    expected, wanted = gradients(slices, layer.weights, [data])
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_a_worked_example():
    layer = Conv1DBatchEnsemble(1, 2, ensemble_size=2)
    layer.build((None, 3, 1))
    for weight, value in (
        (layer.kernel, [[[1.0]], [[10.0]]]), (layer.r, [[1.0], [-1.0]]),
        (layer.s, [[2.0], [3.0]]), (layer.bias, [[0.5], [0.0]]),
    ):
        weight.assign(value)
    rows = np.float32([[[1], [2], [3]]] * 2)
    np.testing.assert_allclose(layer(rows)[..., 0], [[42.5, 64.5], [-63.0, -96.0]])


def test_the_weights_and_their_shapes():
    layer = Conv2DBatchEnsemble(6, (3, 2), groups=2, ensemble_size=5)
    layer.build((None, 8, 8, 4))
    shapes = {weight.name: tuple(weight.shape) for weight in layer.weights}
    assert shapes == {"kernel": (3, 2, 2, 6), "r": (5, 4), "s": (5, 6), "bias": (5, 6)}


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_shapes_that_are_partly_unknown(rank, data_format):
    space = (None, 9, 8)[:rank]
    shape = (None, *space, 4) if data_format == "channels_last" else (None, 4, *space)
    ours, keras_own = (
        kind(6, 2, strides=2, data_format=data_format, **options)
        for kind, options in zip(KINDS[rank], ({"groups": 2, "ensemble_size": 3}, {}), strict=True)
    )
    assert ours.compute_output_shape(shape) == keras_own.compute_output_shape(shape)


def test_masks_end_here_as_in_keras():
    embedded = keras.layers.Embedding(5, 3, mask_zero=True)(np.array([[1, 2, 0]] * 2))
    with pytest.warns(UserWarning, match="does not support masking"):
        outputs = Conv1DBatchEnsemble(2, 2, ensemble_size=2)(embedded)
    assert getattr(outputs, "_keras_mask", None) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": 0}, "`groups` must be a positive integer.*0"),
        ({"groups": 4}, "`groups` must divide the number of filters.*groups=4, filters=6"),
        ({"strides": 2, "dilation_rate": 2}, r"no strides together with dilation.*\(2, 2\)"),
        ({"padding": "causal"}, "`padding` must be one of .*'causal'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Conv2DBatchEnsemble(6, 3, ensemble_size=2, **options)


@pytest.mark.parametrize("filters", [0, -1, 2.5, None, True])
def test_filters_must_be_a_positive_integer(filters):
    with pytest.raises(ValueError, match=f"`filters` must be a positive integer.*{filters}"):
        Conv1DBatchEnsemble(filters, 3, ensemble_size=2)


def test_groups_must_divide_the_channels():
    layer = Conv2DBatchEnsemble(6, 3, groups=3, ensemble_size=2)
    with pytest.raises(ValueError, match="divide the number of channels.*groups=3, channels=4"):
        layer.build((None, 5, 5, 4))


def test_a_window_larger_than_the_rows_is_refused():
    with pytest.raises(ValueError, match="output size"):
        Conv2DBatchEnsemble(2, 5, ensemble_size=2).build((None, 4, 4, 3))

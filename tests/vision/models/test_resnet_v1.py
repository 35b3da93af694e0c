"""The original residual blocks against NumPy, and both kinds of shortcuts."""

import keras
import numpy as np
import pytest

from vision.models import cifar_resnet, imagenet_resnet
from vision.models.layer_factory import PlainLayerFactory
from vision.models.residual import basic, bottleneck
from vision.models.resnet_v1 import block, padded, projected

SHAPE = (7, 6, 4)


def random_rows():
    return np.random.default_rng(0).normal(size=(2, *SHAPE)).astype("float32")


def option_a(rows, filters, strides):
    """The shortcut of option A in NumPy: strided rows, and zeros for the channels they lack."""
    rows = rows[:, ::strides, ::strides]
    return np.pad(rows, ((0, 0), (0, 0), (0, 0), (0, filters - rows.shape[-1])))


@pytest.mark.parametrize(("filters", "strides"), [(4, 1), (4, 2), (9, 1), (8, 2)])
def test_option_a_has_no_weights_and_pads_with_zeros(filters, strides):
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, padded(PlainLayerFactory(), inputs, filters, strides, "short"))
    assert model.weights == []
    expected = option_a(random_rows(), filters, strides)
    assert model.output_shape == (None, *expected.shape[1:])
    np.testing.assert_allclose(model(random_rows()), expected, rtol=1e-6)


@pytest.mark.parametrize(("filters", "strides"), [(4, 1), (4, 2), (6, 1)])
def test_option_b_projects_where_the_shape_changes(filters, strides):
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, projected(PlainLayerFactory(), inputs, filters, strides, "short"))
    expected = random_rows()
    if (filters, strides) != (4, 1):
        kernel = np.asarray(model.get_layer("short_project").kernel)[0, 0]
        expected = expected[:, ::strides, ::strides] @ kernel / np.sqrt(1 + 1e-5)
    assert len(model.trainable_weights) == (0 if (filters, strides) == (4, 1) else 3)
    np.testing.assert_allclose(model(random_rows()), expected, atol=1e-5)


@pytest.mark.parametrize("convolutions", [basic(8, 2), basic(4, 1), bottleneck(2, 1)])
def test_nothing_but_the_shortcut_is_left_where_convolutions_give_nothing(convolutions):
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, block(PlainLayerFactory(), inputs, convolutions, "block", padded))
    kernel = model.get_layer(f"block_conv_{len(convolutions) - 1}").kernel
    kernel.assign(np.zeros(kernel.shape))
    strides = max(each.strides for each in convolutions)
    expected = np.maximum(option_a(random_rows(), convolutions[-1].filters, strides), 0)
    np.testing.assert_allclose(model(random_rows()), expected, rtol=1e-6)


def test_a_block_of_single_pixels_by_hand():
    # On one pixel a 3x3 convolution is a product with the middle of its kernel.
    inputs = keras.Input((1, 1, 4))
    model = keras.Model(inputs, block(PlainLayerFactory(), inputs, basic(6, 1), "block", padded))
    rows = np.random.default_rng(1).normal(size=(3, 1, 1, 4)).astype("float32")
    inner, scale = rows, 1 / np.sqrt(1 + 1e-5)
    for place in range(2):
        kernel = np.asarray(model.get_layer(f"block_conv_{place}").kernel)[1, 1]
        inner = np.maximum(inner, 0) if place else inner
        inner = inner @ kernel * scale
    expected = np.maximum(inner + option_a(rows, 6, 1), 0)
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_resnet50_strides_in_its_3x3_convolutions_and_ends_at_a_32nd():
    body = imagenet_resnet(PlainLayerFactory(), (64, 96, 3), 3, width=1 / 16, blocks=(1, 1, 1, 1))
    strides = [body.get_layer(f"stage_1_block_0_conv_{place}").strides for place in range(3)]
    assert strides == [(1, 1), (2, 2), (1, 1)]
    assert body.get_layer("stage_0_block_0_conv_0").output.shape == (None, 16, 24, 4)
    assert body.get_layer("stage_3_block_0_conv_2").output.shape == (None, 2, 3, 128)


def test_depths_that_do_not_exist():
    with pytest.raises(ValueError, match="8, 14, 20, ... Received: depth=28"):
        cifar_resnet(PlainLayerFactory(), (32, 32, 3), 10, depth=28)
    with pytest.raises(ValueError, match="shorter"):
        imagenet_resnet(PlainLayerFactory(), (32, 32, 3), 10, width=1 / 16, blocks=(1, 1))

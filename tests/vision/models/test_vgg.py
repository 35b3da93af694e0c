"""VGG-16: its thirteen convolutions, five pools, and the norms that may stand between."""

import keras
import pytest

from vision.models import vgg16
from vision.models.layer_factory import PlainLayerFactory


@pytest.mark.parametrize("normed", [False, True])
def test_convolutions_have_biases_and_pools_end_at_one_pixel(normed):
    body = vgg16(PlainLayerFactory(), (32, 32, 3), 3, width=1 / 16, normed=normed)
    convolutions = [layer for layer in body.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [4] * 2 + [8] * 2 + [16] * 3 + [32] * 6
    assert all(layer.use_bias for layer in convolutions)
    sizes = [layer.output.shape[1] for layer in convolutions]
    assert sizes == [32] * 2 + [16] * 2 + [8] * 3 + [4] * 3 + [2] * 3
    assert body.get_layer("dense_0").kernel.shape == (32, 32)


@pytest.mark.parametrize("normed", [False, True])
def test_a_relu_follows_each_convolution_after_its_norm(normed):
    body = vgg16(PlainLayerFactory(), (32, 32, 3), 3, width=1 / 16, normed=normed)
    block = ["Conv2D", "BatchNormalization", "ReLU"] if normed else ["Conv2D"]
    expected = ["InputLayer", *block * 2, "MaxPooling2D", *block * 2]
    assert [type(layer).__name__ for layer in body.layers[: len(expected)]] == expected
    activation = body.get_layer("conv_0_0").activation
    assert activation is (keras.activations.linear if normed else keras.activations.relu)

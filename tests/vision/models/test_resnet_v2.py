"""Identity mappings: shortcuts that nothing touches, and where the published networks differ."""

import keras
import numpy as np
import pytest

from vision.models import bottleneck_resnet, resnet, wide_resnet
from vision.models.layer_factory import PlainLayerFactory
from vision.models.residual import basic, bottleneck
from vision.models.resnet_v2 import block

SHAPE = (7, 6, 4)


def made(convolutions):
    """A block as a model, and random rows with negative values."""
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, block(PlainLayerFactory(), inputs, convolutions, "block"))
    return model, np.random.default_rng(0).normal(size=(2, *SHAPE)).astype("float32")


@pytest.mark.parametrize("convolutions", [basic(4, 1), bottleneck(1, 1)])
def test_rows_pass_untouched_where_convolutions_give_nothing(convolutions):
    model, rows = made(convolutions)
    kernel = model.get_layer(f"block_conv_{len(convolutions) - 1}").kernel
    kernel.assign(np.zeros(kernel.shape))
    np.testing.assert_array_equal(model(rows), rows)


@pytest.mark.parametrize(
    "convolutions", [basic(5, 1), basic(4, 2), bottleneck(2, 1), bottleneck(1, 2, strided=0)]
)
def test_normed_rows_are_projected_where_the_shape_changes(convolutions):
    model, rows = made(convolutions)
    last, strides = convolutions[-1].filters, max(each.strides for each in convolutions)
    kernel = model.get_layer(f"block_conv_{len(convolutions) - 1}").kernel
    kernel.assign(np.zeros(kernel.shape))
    projection = np.asarray(model.get_layer("block_project").kernel)[0, 0]
    normed = np.maximum(rows[:, ::strides, ::strides] / np.sqrt(1 + 1e-5), 0)
    assert projection.shape == (4, last)
    np.testing.assert_allclose(model(rows), normed @ projection, atol=1e-5)


def test_only_the_stem_of_a_wide_resnet_keeps_its_width():
    shapes = {}
    for make in (resnet, wide_resnet):
        depth = {resnet: 8, wide_resnet: 10}[make]
        body = make(PlainLayerFactory(), (8, 8, 3), 3, width=2, depth=depth)
        layers = ("stem", "stage_0_block_0_conv_0", "stage_2_block_0_conv_1")
        shapes[make] = [body.get_layer(name).filters for name in layers]
    assert shapes == {resnet: [32, 32, 128], wide_resnet: [16, 32, 128]}


def test_bottlenecks_stride_in_their_first_convolution():
    body = bottleneck_resnet(PlainLayerFactory(), (8, 8, 3), 3, width=1 / 16, depth=11)
    strides = [body.get_layer(f"stage_1_block_0_conv_{place}").strides for place in range(3)]
    assert strides == [(2, 2), (1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("make", "depth", "known"),
    [(resnet, 7, "8, 14, 20"), (resnet, 2, "8, 14, 20"), (resnet, 10, "8, 14, 20")]
    + [(wide_resnet, 4, "10, 16, 22"), (wide_resnet, 20, "10, 16, 22")]
    + [(bottleneck_resnet, 32, "11, 20, 29")],
)
def test_depths_that_do_not_exist(make, depth, known):
    with pytest.raises(ValueError, match=f"{known}, ... Received: depth={depth}"):
        make(PlainLayerFactory(), (32, 32, 3), 10, depth=depth)

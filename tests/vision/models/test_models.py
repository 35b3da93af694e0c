"""The networks: their sizes, and members of an ensemble against the plain network."""

import keras
import numpy as np
import pytest

from vision.families import BatchEnsembleFamily, PlainFamily
from vision.models import cnn, mlp, resnet

M = 2
SHAPE = (8, 8, 3)
MODELS = [mlp, cnn, resnet]


def test_weights_of_the_mlp():
    for width, units in ((1.0, 256), (1 / 16, 16)):
        body = mlp(PlainFamily(), (28, 28, 1), 10, width)
        assert body.count_params() == (784 + 1) * units + (units + 1) * units + (units + 1) * 10


def test_weights_of_the_cnn():
    convolutions = (9 * 1 + 1) * 16 + (9 * 16 + 1) * 32 + (9 * 32 + 1) * 64
    dense = (4 * 4 * 64 + 1) * 64 + (64 + 1) * 10
    assert cnn(PlainFamily(), (28, 28, 1), 10).count_params() == convolutions + dense


@pytest.mark.parametrize("blocks", [1, 2])
def test_weights_of_the_resnet(blocks):
    trained, before = 27 * 4, 4
    for filters in (4, 8, 16):
        for _ in range(blocks):
            trained += 9 * filters * (before + filters) + 2 * (before + filters)
            trained += before * filters if before != filters else 0
            before = filters
    trained += 2 * 16 + (16 + 1) * 3
    body = resnet(PlainFamily(), SHAPE, 3, width=0.25, depth=6 * blocks + 2)
    assert sum(np.prod(weight.shape) for weight in body.trainable_weights) == trained


@pytest.mark.parametrize(
    ("model", "training"), [(mlp, False), (cnn, False), (resnet, False), (resnet, True)]
)
def test_members_without_fast_weights_are_the_plain_network(model, training):
    plain = model(PlainFamily(), SHAPE, 3, width=0.25)
    body = model(BatchEnsembleFamily(M, "ones"), SHAPE, 3, width=0.25)
    draw = np.random.default_rng(0)
    for layer in (layer for layer in plain.layers if layer.weights):
        mine = {weight.name: weight for weight in body.get_layer(name=layer.name).weights}
        for weight in layer.weights:
            weight.assign(np.abs(draw.normal(0.5, 0.2, weight.shape)))
            target = mine.pop(weight.name)
            target.assign(np.broadcast_to(weight, target.shape))
        assert set(mine) <= {"r", "s"}
    data = draw.normal(size=(3, *SHAPE)).astype("float32")
    expected = np.asarray(plain(data, training=training))
    outputs = np.asarray(body(np.repeat(data, M, axis=0), training=training))
    for member in range(M):
        np.testing.assert_allclose(outputs[member::M], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_signs_in_the_first_layer_alone_are_enough_to_differ(model):
    keras.utils.set_random_seed(0)
    body = model(BatchEnsembleFamily(M, where="first"), SHAPE, 3, width=0.25)
    modulated = [layer for layer in body.layers if hasattr(layer, "r")]
    drawn = [
        any((np.asarray(weight) != 1).any() for weight in (layer.r, layer.s)) for layer in modulated
    ]
    assert drawn == [True] + [False] * (len(modulated) - 1)
    data = np.random.default_rng(0).normal(size=(1, *SHAPE)).astype("float32")
    outputs = np.asarray(body(np.repeat(data, M, axis=0)))
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-3


@pytest.mark.parametrize("depth", [2, 7, 10])
def test_depths_that_do_not_exist(depth):
    with pytest.raises(ValueError, match=f"8, 14, 20, ... Received: depth={depth}"):
        resnet(PlainFamily(), (32, 32, 3), 10, depth=depth)


@pytest.mark.parametrize("model", MODELS)
def test_small_and_odd_images_fit(model):
    body = model(PlainFamily(), (5, 7, 2), 3, width=1 / 16)
    assert body.output_shape == (None, 3)

"""The networks of the registry: members against the plain network, training, dropout, widths."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from be_keras import EnsembleModel
from vision import models
from vision.models import MODELS, cnn, mlp, resnet
from vision.models.layer_factory import BatchEnsembleLayerFactory, PlainLayerFactory

M = 2
SHAPE = (8, 8, 3)
# The code of every name, at the smallest depth.
SMALL = {
    "mlp": mlp,
    "cnn": cnn,
    "resnet": resnet,
    "cifar_resnet": partial(models.cifar_resnet, depth=8),
    "bottleneck_resnet": partial(models.bottleneck_resnet, depth=11),
    "wide_resnet": partial(models.wide_resnet, depth=10),
    "vgg16": models.vgg16,
    "vgg16_normed": partial(models.vgg16, normed=True),
    "densenet": partial(models.densenet, depth=7),
    "imagenet_resnet": partial(models.imagenet_resnet, blocks=(1, 1, 1, 1)),
}


def set_seen(body, plain, seed=0):
    """Give both the same positive random weights, the plain network's to every member."""
    draw = np.random.default_rng(seed)
    for layer in (layer for layer in plain.layers if layer.weights):
        mine = {weight.name: weight for weight in body.get_layer(name=layer.name).weights}
        for weight in layer.weights:
            weight.assign(np.abs(draw.normal(0.5, 0.2, weight.shape)))
            target = mine.pop(weight.name)
            target.assign(np.broadcast_to(weight, target.shape))
        assert set(mine) <= {"r", "s"}


def test_names_of_the_registry():
    assert list(MODELS) == (
        "mlp cnn resnet resnet20 resnet32 resnet110 resnet164 wrn28 vgg16 densenet40 resnet50"
    ).split(" ")


@pytest.mark.parametrize(
    ("model", "training", "members"),
    [("mlp", False, M), ("cnn", False, M), ("resnet", False, M), ("resnet", True, M)]
    + [("cifar_resnet", True, 1), ("cifar_resnet", True, M), ("bottleneck_resnet", False, M)]
    + [("densenet", True, M), ("vgg16_normed", False, 1), ("imagenet_resnet", True, M)],
)
def test_members_without_fast_weights_are_the_plain_network(model, training, members):
    plain = SMALL[model](PlainLayerFactory(), SHAPE, 3, width=0.25)
    body = SMALL[model](BatchEnsembleLayerFactory(members, "ones"), SHAPE, 3, width=0.25)
    set_seen(body, plain)
    data = np.random.default_rng(1).normal(size=(3, *SHAPE)).astype("float32")
    expected = np.asarray(plain(data, training=training))
    outputs = np.asarray(body(np.repeat(data, members, axis=0), training=training))
    for member in range(members):
        np.testing.assert_allclose(outputs[member::members], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("model", ["mlp", "cnn", "resnet", "cifar_resnet", "densenet"])
def test_signs_in_the_first_layer_alone_are_enough_to_differ(model):
    keras.utils.set_random_seed(0)
    body = SMALL[model](BatchEnsembleLayerFactory(M, where="first"), SHAPE, 3, width=0.25)
    modulated = [layer for layer in body.layers if hasattr(layer, "r")]
    drawn = [
        any((np.asarray(weight) != 1).any() for weight in (layer.r, layer.s)) for layer in modulated
    ]
    assert drawn == [True] + [False] * (len(modulated) - 1)
    data = np.random.default_rng(0).normal(size=(1, *SHAPE)).astype("float32")
    outputs = np.asarray(body(np.repeat(data, M, axis=0)))
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-3


@pytest.mark.parametrize("size", [None, M])
@pytest.mark.parametrize("model", SMALL)
def test_a_step_trains_every_weight(model, size):
    keras.utils.set_random_seed(0)
    factory = BatchEnsembleLayerFactory(size) if size else PlainLayerFactory()
    network = EnsembleModel(SMALL[model](factory, SHAPE, 3, width=1 / 8), size or 1)
    network.build((None, *SHAPE))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # One step is soon done op by op on TensorFlow; JAX would compile each of them.
    eager = keras.backend.backend() == "tensorflow"
    network.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=eager)
    before = [ops.convert_to_numpy(weight).copy() for weight in network.trainable_weights]
    draw = np.random.default_rng(0)
    data = draw.normal(size=(4, *SHAPE)).astype("float32")
    assert np.isfinite(network.train_on_batch(data, np.arange(4) % 3))
    still = [
        weight.path
        for weight, old in zip(network.trainable_weights, before, strict=True)
        if np.array_equal(ops.convert_to_numpy(weight), old)
    ]
    # A norm undoes what s does to all of a channel, so that its gradient vanishes there.
    assert [path for path in still if not path.endswith("/s")] == []


@pytest.mark.parametrize("width", [0.05, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("name", MODELS)
def test_widths_that_make_no_sense(name, width):
    with pytest.raises(ValueError, match=f"1/16 or more, and finite. Received: width={width}"):
        MODELS[name](PlainLayerFactory(), SHAPE, 3, width)


@pytest.mark.parametrize("shape", [(5, 7, 2), (33, 3, 1)])
@pytest.mark.parametrize("model", SMALL)
def test_small_and_odd_images_fit(model, shape, zeros):
    body = SMALL[model](PlainLayerFactory(), shape, 3, width=1 / 16)
    assert body.output_shape == (None, 3)


# Every place of dropout, and a layer that it touches: the one before it in densenet and resnet50,
# whose next layer has no name of its own, and in mlp and cnn; elsewhere the one that follows.
BLOCKS = [f"stage_{stage}_block_0" for stage in range(3)]
BETWEEN = {f"{block}_dropout_1": f"{block}_conv_1" for block in BLOCKS}
GROWN = [f"stage_{stage}_layer_0" for stage in range(3)] + ["transition_1", "transition_2"]
PLACES = {
    "mlp": {f"hidden_{place}_dropout": f"hidden_{place}" for place in range(2)},
    "cnn": {f"{name}_dropout": name for name in ("conv_0", "conv_1", "conv_2", "dense")},
    "resnet": BETWEEN,
    "wide_resnet": BETWEEN,
    "cifar_resnet": BETWEEN,
    "bottleneck_resnet": BETWEEN | {f"{block}_dropout_2": f"{block}_conv_2" for block in BLOCKS},
    "vgg16": {f"dropout_{place}": f"dense_{place}" for place in range(2)},
    "densenet": {f"{name}_dropout": f"{name}_conv" for name in GROWN},
    "imagenet_resnet": {"dropout": "head"},
}


@pytest.mark.parametrize("model", PLACES)
@pytest.mark.parametrize("size", [None, M])
def test_places_of_dropout(model, size, zeros):
    make = partial(BatchEnsembleLayerFactory, size) if size else PlainLayerFactory
    body, without = (SMALL[model](make(dropout=rate), SHAPE, 3, width=1 / 16) for rate in (0.3, 0))
    found = [layer for layer in body.layers if isinstance(layer, keras.layers.Dropout)]
    assert {layer.name for layer in found} == PLACES[model].keys()
    for layer in found:
        neighbour = body.get_layer(PLACES[model][layer.name])
        assert layer.rate == 0.3
        assert layer.output is neighbour.input or layer.input is neighbour.output
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in without.layers)
    weighted = [[layer.name for layer in each.layers if layer.weights] for each in (body, without)]
    assert weighted[0] == weighted[1]


def test_dropout_stands_after_the_activation():
    for model in ("resnet", "cifar_resnet"):
        body = SMALL[model](PlainLayerFactory(dropout=0.3), SHAPE, 3, width=1 / 16)
        relus = [layer.output for layer in body.layers if isinstance(layer, keras.layers.ReLU)]
        assert any(body.get_layer("stage_0_block_0_dropout_1").input is each for each in relus)

"""How many weights the networks train, against the published counts and counts by hand."""

import numpy as np
import pytest

from vision.models import MODELS, cnn, mlp, resnet, vgg16
from vision.models.layer_factory import PlainLayerFactory
from vision.training.cost import macs

PUBLISHED = [
    ("resnet20", (32, 32, 3), 10, 1, 269_722),
    ("resnet32", (32, 32, 3), 10, 1, 464_154),
    ("resnet110", (32, 32, 3), 10, 1, 1_727_962),
    ("resnet164", (32, 32, 3), 10, 1, 1_703_258),
    ("wrn28", (32, 32, 3), 10, 10, 36_479_194),
    ("wrn28", (32, 32, 3), 100, 10, 36_536_884),
    ("vgg16", (32, 32, 3), 10, 1, 15_245_130),
    ("densenet40", (32, 32, 3), 10, 1, 1_019_722),
    ("resnet50", (224, 224, 3), 1000, 1, 25_557_032),
]


def trained(body):
    return sum(int(np.prod(weight.shape)) for weight in body.trainable_weights)


@pytest.mark.parametrize(("name", "shape", "classes", "width", "expected"), PUBLISHED)
def test_trained_weights_are_as_many_as_published(name, shape, classes, width, expected, zeros):
    assert trained(MODELS[name](PlainLayerFactory(), shape, classes, width)) == expected


def test_vgg16_with_norms_has_as_many_weights_as_published(zeros):
    assert trained(vgg16(PlainLayerFactory(), (32, 32, 3), 10, normed=True)) == 15_253_578


def test_resnet50_takes_4_1_billion_macs(zeros):
    body = MODELS["resnet50"](PlainLayerFactory(), (224, 224, 3), 1000)
    assert round(macs(body), -8) == 4_100_000_000


def test_weights_of_the_mlp():
    for width, units in ((1.0, 256), (1 / 16, 16)):
        body = mlp(PlainLayerFactory(), (28, 28, 1), 10, width)
        assert body.count_params() == (784 + 1) * units + (units + 1) * units + (units + 1) * 10


def test_weights_of_the_cnn():
    convolutions = (9 * 1 + 1) * 16 + (9 * 16 + 1) * 32 + (9 * 32 + 1) * 64
    dense = (4 * 4 * 64 + 1) * 64 + (64 + 1) * 10
    assert cnn(PlainLayerFactory(), (28, 28, 1), 10).count_params() == convolutions + dense


@pytest.mark.parametrize("blocks", [1, 2])
def test_weights_of_the_resnet(blocks):
    expected, before = 27 * 4, 4
    for filters in (4, 8, 16):
        for _ in range(blocks):
            expected += 9 * filters * (before + filters) + 2 * (before + filters)
            expected += before * filters if before != filters else 0
            before = filters
    expected += 2 * 16 + (16 + 1) * 3
    body = resnet(PlainLayerFactory(), (8, 8, 3), 3, width=0.25, depth=6 * blocks + 2)
    assert trained(body) == expected

"""The networks, written once: each takes a layer factory and gives a body on rows."""

from collections.abc import Callable
from functools import partial

from vision.models.cnn import cnn
from vision.models.densenet import densenet
from vision.models.mlp import mlp
from vision.models.resnet_v1 import cifar_resnet, imagenet_resnet
from vision.models.resnet_v2 import bottleneck_resnet, resnet, wide_resnet
from vision.models.vgg import vgg16

# By the names that settings know. All take `(factory, shape, classes, width=1.0)`.
MODELS: dict[str, Callable] = {
    "mlp": mlp,
    "cnn": cnn,
    "resnet": resnet,
    "resnet20": partial(cifar_resnet, depth=20),
    "resnet32": partial(cifar_resnet, depth=32),
    "resnet110": partial(cifar_resnet, depth=110),
    "resnet164": partial(bottleneck_resnet, depth=164),
    "wrn28": partial(wide_resnet, depth=28),
    "vgg16": vgg16,
    "densenet40": partial(densenet, depth=40),
    "resnet50": imagenet_resnet,
}

__all__ = [
    "MODELS",
    "bottleneck_resnet",
    "cifar_resnet",
    "cnn",
    "densenet",
    "imagenet_resnet",
    "mlp",
    "resnet",
    "vgg16",
    "wide_resnet",
]

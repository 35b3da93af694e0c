"""The networks, written once: each takes a layer family and gives a body on rows."""

from vision.models.cnn import cnn
from vision.models.mlp import mlp
from vision.models.resnet import resnet

__all__ = ["cnn", "mlp", "resnet"]

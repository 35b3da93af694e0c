"""Counts what a forward pass costs, so that comparisons can be matched in arithmetic."""

import math

import keras

from vision.layers import SeparateDense


def multiply_adds(body: keras.Model) -> int:
    """Multiplications by kernels that one row takes in a functional body.

    The products of fast weights, norms and activations are left out: they are few.
    """
    return sum(_of_layer(layer) for layer in body.layers)


def _of_layer(layer):
    kernels = [weight for weight in layer.weights if weight.path.split("/")[-1] == "kernel"]
    positions = math.prod(layer.output.shape[1:-1]) if kernels else 0
    size = sum(math.prod(kernel.shape) for kernel in kernels)
    return positions * size // (layer.ensemble_size if isinstance(layer, SeparateDense) else 1)

"""Counts what a forward pass costs, so that comparisons can be compute-matched."""

import math

import keras


def macs(body: keras.Model) -> int:
    """Multiply-accumulates by kernels that one example in one member takes in a functional body.

    The products of fast weights, norms and activations are left out: they are few.
    """
    return sum(_of_layer(layer) for layer in body.layers)


def _of_layer(layer):
    kernels = [weight for weight in layer.weights if weight.path.split("/")[-1] == "kernel"]
    positions = math.prod(layer.output.shape[1:-1]) if kernels else 0
    return positions * sum(math.prod(kernel.shape) for kernel in kernels)

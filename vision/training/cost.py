"""Counts what training and a forward pass cost, so that comparisons can be compute-matched."""

import math

import keras

from vision.models.layers import SeparateDense
from vision.settings import Settings


def macs(body: keras.Model) -> int:
    """Multiplications by kernels that one row takes in a functional body.

    The products of fast weights, norms and activations are left out: they are few.
    """
    return sum(_of_layer(layer) for layer in body.layers)


def _of_layer(layer):
    kernels = [weight for weight in layer.weights if weight.path.split("/")[-1] == "kernel"]
    positions = math.prod(layer.output.shape[1:-1]) if kernels else 0
    size = sum(math.prod(kernel.shape) for kernel in kernels)
    return positions * size // (layer.ensemble_size if isinstance(layer, SeparateDense) else 1)


def costs(settings: Settings, networks: int = 1) -> dict:
    """What training takes: steps, unique examples that each network reads, and rows of all of them.

    A row is one example in one member. While members are one network, before they branch or are
    converted, an example is one row; so it is for split members.
    """
    steps = settings.steps + settings.fine_tune
    first = settings.steps if settings.fine_tune else round(settings.branch * settings.steps)
    rows = 1 if settings.members == "split" else settings.ensemble_size or 1
    return {
        "steps": steps,
        "unique_examples": steps * settings.batch_size,
        "row_examples": networks * settings.batch_size * (first + (steps - first) * rows),
    }

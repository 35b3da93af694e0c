"""Compares a layer of M members with M plain Keras layers whose kernels are folded."""

from typing import NamedTuple

import keras
import numpy as np
import pytest
from keras import ops

from be_keras.members import merge_members


class Kernel(NamedTuple):
    """A shared kernel and its fast weights, with the shapes that spread those over its axes.

    A fast weight that the layer does not have is an array of ones.
    """

    shared: object
    r: object
    s: object
    r_shape: tuple
    s_shape: tuple
    of: object  # a plain layer to its kernel

    def arrays(self):
        """The kernel, r and s in NumPy, ready to be folded."""
        return (
            np.asarray(self.shared),
            np.asarray(self.r).reshape(-1, *self.r_shape),
            np.asarray(self.s).reshape(-1, *self.s_shape),
        )


class Own(NamedTuple):
    """A weight `(M, ...)` that each member has for itself."""

    weight: object
    of: object  # a plain layer to that weight


@pytest.fixture(scope="session")
def kernel():
    """The class `Kernel`."""
    return Kernel


@pytest.fixture(scope="session")
def own():
    """The class `Own`."""
    return Own


@pytest.fixture(scope="session")
def check_members(gradients, folding):
    """A function that asserts values and all gradients of a layer against M plain layers."""
    fold, unfold = folding

    def check(layer, plain, kernels, own, data, call=lambda layer, rows: layer(rows)):
        """`plain` are M built layers; `data` are rows `(B * M, ...)`, floats or token ids."""
        size = len(plain)
        for part in kernels:
            for member, weight in enumerate(fold(*part.arrays())):
                part.of(plain[member]).assign(weight)
        for part in own:
            for member, weight in enumerate(np.asarray(part.weight)):
                mine = part.of(plain[member])
                mine.assign(weight.reshape(mine.shape))

        def theirs(*rows):
            rows = rows[0] if rows else data
            outputs = [call(plain[member], rows[member::size]) for member in range(size)]
            return merge_members(ops.stack(outputs, axis=1))

        def ours(*rows):
            return call(layer, *(rows or [data]))

        inputs = [data] if data.dtype.kind == "f" else []
        parts = [*kernels, *own]
        expected, folded = gradients(theirs, [p.of(each) for p in parts for each in plain], inputs)
        folded, of_inputs = folded[: len(parts) * size], folded[len(parts) * size :]
        stacked = [np.stack(folded[i : i + size]) for i in range(0, len(folded), size)]

        wanted = []  # pairs of a weight and its gradient
        for part, gradient in zip(kernels, stacked, strict=False):
            triple = (part.shared, part.r, part.s)
            wanted += zip(triple, unfold(gradient, *part.arrays()), strict=True)
        wanted += zip([part.weight for part in own], stacked[len(kernels) :], strict=True)
        wanted = [pair for pair in wanted if isinstance(pair[0], keras.Variable)]

        outputs, found = gradients(ours, [weight for weight, _ in wanted], inputs)
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=2e-5)
        wanted = [gradient for _, gradient in wanted] + of_inputs
        for got, want in zip(found, wanted, strict=True):
            np.testing.assert_allclose(got, want.reshape(got.shape), rtol=1e-4, atol=2e-4)

    return check

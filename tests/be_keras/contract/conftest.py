"""The table of the layer contract: how to make and call each public layer."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
import pytest

import be_keras

M = 3


@dataclass(frozen=True)
class Contract:
    """How to make one public layer, and what to feed it.

    Attributes:
        kind: Class of the layer.
        arguments: Positional arguments of the class.
        shape: Shape of its input, without the rows.
        options: Further arguments by keyword.
        tokens: Whether the input holds token ids below 7, not numbers.
        call: From the layer and a tensor to the output.
    """

    kind: type
    arguments: tuple
    shape: tuple
    options: dict = field(default_factory=dict)
    tokens: bool = False
    call: Callable = lambda layer, rows: layer(rows)

    @property
    def of_members(self):
        """Whether the layer has an ensemble size."""
        # Of `__init__`: some releases of Python give a Keras class the signature of `__new__`.
        return "ensemble_size" in inspect.signature(self.kind.__init__).parameters

    def make(self, **options):
        """Make the layer, for M members if it has any."""
        if self.of_members:
            options.setdefault("ensemble_size", M)
        return self.kind(*self.arguments, **self.options, **options)

    def rows(self, count=2 * M, seed=0):
        """Random input of so many rows."""
        draw = np.random.default_rng(seed)
        if self.tokens:
            return draw.integers(0, 7, size=(count, *self.shape)).astype("int32")
        return draw.normal(size=(count, *self.shape)).astype("float32")

    @property
    def dtype(self):
        """The dtype of the input."""
        return "int32" if self.tokens else "float32"


def attend(layer, rows):
    """Self-attention."""
    return layer(rows, rows)


def recur(layer, rows):
    """The cell over a sequence."""
    return keras.layers.RNN(layer, return_sequences=True, dtype=layer.dtype_policy)(rows)


CONTRACTS = [
    Contract(be_keras.BatchNormalizationBatchEnsemble, (-1, 0.9), (5, 4)),
    Contract(be_keras.CachedMultiHeadAttention, (2, 3), (5, 4), {"dropout": 0.1}, call=attend),
    Contract(be_keras.Conv1DBatchEnsemble, (3, 2, 1, "causal"), (5, 4)),
    Contract(be_keras.Conv1DTransposeBatchEnsemble, (3, 2, 2), (5, 4)),
    Contract(be_keras.Conv2DBatchEnsemble, (3, 2, 2), (5, 4, 2), {"kernel_regularizer": "l2"}),
    Contract(be_keras.Conv2DTransposeBatchEnsemble, (3, 2, 2, "same", 1), (3, 4, 2)),
    Contract(be_keras.Conv3DBatchEnsemble, (3, 2), (3, 4, 2, 2), {"padding": "same"}),
    Contract(be_keras.Conv3DTransposeBatchEnsemble, (3, 2), (2, 3, 2, 2)),
    Contract(be_keras.DenseBatchEnsemble, (3, "tanh"), (5, 4), {"kernel_regularizer": "l2"}),
    Contract(be_keras.DepthwiseConv1DBatchEnsemble, (2, 1, "same", 3), (5, 4)),
    Contract(be_keras.DepthwiseConv2DBatchEnsemble, (2, 2), (5, 4, 3)),
    Contract(be_keras.EinsumDenseBatchEnsemble, ("btd,de->bte", (None, 3)), (5, 4)),
    Contract(be_keras.EmbeddingBatchEnsemble, (7, 3), (5,), {"mask_zero": True}, tokens=True),
    Contract(be_keras.GRUCellBatchEnsemble, (3,), (5, 4), call=recur),
    Contract(be_keras.GroupNormalizationBatchEnsemble, (2,), (5, 4)),
    Contract(be_keras.GroupQueryAttentionBatchEnsemble, (3, 4, 2), (5, 4), call=attend),
    Contract(be_keras.LSTMCellBatchEnsemble, (3,), (5, 4), call=recur),
    Contract(be_keras.LayerNormalizationBatchEnsemble, (-1, 0.01), (5, 4)),
    Contract(be_keras.MultiHeadAttentionBatchEnsemble, (2, 3), (5, 4), call=attend),
    Contract(be_keras.SeparableConv1DBatchEnsemble, (3, 2), (5, 4), {"depth_multiplier": 2}),
    Contract(be_keras.SeparableConv2DBatchEnsemble, (3, 2, 1, "same"), (3, 4, 2)),
    Contract(be_keras.SimpleRNNCellBatchEnsemble, (3,), (5, 4), {"dropout": 0.1}, call=recur),
]
TABLE = {contract.kind.__name__: contract for contract in CONTRACTS}
PUBLIC = sorted(be_keras.layers.__all__)
OF_MEMBERS = [name for name in PUBLIC if name not in TABLE or TABLE[name].of_members]


def look_up(name):
    """The contract of a public layer; a layer that has none fails the suite."""
    if name not in TABLE:
        pytest.fail(f"{name} is public and has no contract: add it to {__file__}")
    return TABLE[name]


@pytest.fixture(params=PUBLIC)
def contract(request):
    """The contract of each public layer in turn."""
    return look_up(request.param)


@pytest.fixture(params=OF_MEMBERS)
def member_contract(request):
    """The contract of each public layer of members in turn."""
    return look_up(request.param)


@pytest.fixture(scope="session")
def contracts():
    """The whole table: a dict from the name of a layer."""
    return TABLE


@pytest.fixture(scope="session")
def ensemble_size():
    """M of the layers that the contracts make."""
    return M

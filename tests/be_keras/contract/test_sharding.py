"""Under data parallelism no activation crosses devices: the compiled programs are read."""

import json
import os

import pytest

# Compiles programs for two devices that share a batch, and prints their text.
PROGRAMS = """
import json
import os
import jax, keras, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from keras import ops
import be_keras
from be_keras import EnsembleModel
from be_keras.layers import *
from be_keras.losses import chunked_cross_entropy

M, V, T, D = 4, 32, 8, 16
mesh = Mesh(np.array(jax.devices()), ("batch",))
assert mesh.size == 2
batch = NamedSharding(mesh, PartitionSpec("batch"))
everywhere = NamedSharding(mesh, PartitionSpec())


def program(function, copied, split):
    # The text of `function(copied, split)`: one on every device, the other cut along its batch.
    jitted = jax.jit(function, in_shardings=(everywhere, batch))
    return jitted.lower(copied, split).compile().as_text()


def model(members):
    tokens = keras.Input((T,), dtype="int32")
    embedding = EmbeddingBatchEnsemble(V, D, mask_zero=True, tied_output=True, ensemble_size=M)
    rows = embedding(tokens)
    normed = LayerNormalizationBatchEnsemble(ensemble_size=M)(rows)
    attention = MultiHeadAttentionBatchEnsemble(2, D // 2, ensemble_size=M)
    rows = rows + attention(normed, normed, use_causal_mask=True)
    rows = rows + DenseBatchEnsemble(D, activation="relu", ensemble_size=M)(rows)
    model = EnsembleModel(keras.Model(tokens, embedding(rows, reverse=True)), M, members=members)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(be_keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    model.build((None, T))
    model.optimizer.build(model.trainable_variables)
    return model


x = np.ones((2 * M, T), "int32")
texts = {}
shared = model("shared")
weights = [v.value for v in shared.variables]


def forward(weights, x):
    mapping = list(zip(shared.variables, weights))
    with keras.StatelessScope(state_mapping=mapping):
        return shared(x, training=False)


texts["forward"] = program(forward, weights, x)

for members in ("shared", "split"):
    trained = model(members)
    # One eager step makes what Keras makes late, such as the variables of the metrics.
    trained.train_on_batch(x, x)
    state = tuple(
        [v.value for v in group]
        for group in (
            trained.trainable_variables,
            trained.non_trainable_variables,
            trained.optimizer.variables,
            trained.metrics_variables,
        )
    )
    texts[f"train_{members}"] = program(lambda s, d: trained.train_step(s, d), state, (x, x))


def chunked(kernel, batch):
    return ops.sum(chunked_cross_entropy(batch[0], kernel, batch[1], None, 0.1, 2))


states = np.ones((8, M, T, D), "float32")
labels = np.ones((8, T), "int32")
kernel = np.ones((D, V), "float32")
texts["chunked_loss"] = program(jax.grad(chunked), kernel, (states, labels))


def member_major(kernel, x):
    # The layout that be_keras does not have: row m * B + b.
    rows = ops.reshape(ops.tile(ops.expand_dims(x, 0), (M, 1, 1)), (-1, D))
    return ops.reshape(ops.matmul(rows, kernel), (M, -1, V))


texts["member_major"] = program(member_major, kernel, np.ones((8, D), "float32"))
print(json.dumps(texts))
"""
MOVES = ("all-gather", "all-to-all", "collective-permute", "reduce-scatter", "collective-broadcast")


def communication(text):
    """Operations of a compiled program that move tensors between devices, sums left out."""
    return sorted({move for move in MOVES if f" {move}(" in text or f" {move}-start(" in text})


@pytest.fixture(scope="module")
def programs(run_python):
    """Compiled programs by name."""
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=2"
    return json.loads(run_python(PROGRAMS, "jax", XLA_FLAGS=flags).splitlines()[-1])


@pytest.mark.parametrize("name", ["forward", "train_shared", "train_split", "chunked_loss"])
def test_no_activation_crosses_devices(programs, name):
    assert "num_partitions=2" in programs[name]
    assert communication(programs[name]) == []


@pytest.mark.parametrize("name", ["train_shared", "train_split", "chunked_loss"])
def test_gradients_are_summed_over_devices(programs, name):
    assert " all-reduce(" in programs[name]


def test_member_major_rows_would_gather(programs):
    """The check can fail: the other layout moves the batch."""
    assert communication(programs["member_major"]) != []

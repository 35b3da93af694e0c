"""Keras' data parallelism on JAX trains these models as one device does, and gathers nothing."""

import json
import os

import keras
import numpy as np
import pytest

TRAIN = """
import json, sys
import jax, keras, numpy as np
import be_keras

M, V, T = 2, 11, 6
devices = int(sys.argv[1])
assert len(jax.devices()) == devices
if devices > 1:
    keras.distribution.set_distribution(keras.distribution.DataParallel())


def model(members):
    keras.utils.set_random_seed(1)
    tokens = keras.Input((T,), dtype="int32")
    embedding = be_keras.EmbeddingBatchEnsemble(
        V, 8, mask_zero=True, tied_output=True, ensemble_size=M
    )
    rows = embedding(tokens)
    normed = be_keras.LayerNormalizationBatchEnsemble(ensemble_size=M)(rows)
    attention = be_keras.MultiHeadAttentionBatchEnsemble(2, 4, ensemble_size=M)
    rows = rows + attention(normed, normed, use_causal_mask=True)
    body = keras.Model(tokens, embedding(rows, reverse=True))
    return be_keras.EnsembleModel(body, M, members=members)


draw = np.random.default_rng(0)
x = draw.integers(1, V, (50 * 8, T)).astype("int32")
lengths = draw.integers(1, 3, 50 * 8) + np.where(np.arange(50 * 8) % 8 < 4, 4, 0)
x[np.arange(T) >= lengths[:, None]] = 0
y = np.roll(x, 1, axis=1)
found = {}
for members, optimizer in (("shared", keras.optimizers.SGD(0.5)), ("split", "adam")):
    trained = model(members)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    trained.compile(optimizer, loss)
    losses = []
    single = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append(float(logs["loss"]))
    )
    trained.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[single])
    weights = [weight.tolist() for weight in trained.get_weights()]
    found[members] = {"losses": losses, "weights": weights}
print(json.dumps(found))
"""


pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax",
    reason="its processes run JAX, whichever backend this one has: once is enough",
)


@pytest.fixture(scope="module")
def trained(run_python, tmp_path_factory):
    """What one device and two found, by their number; and the programs that two ran."""
    folder, found = tmp_path_factory.mktemp("programs"), {}
    for devices in (1, 2):
        flags = (
            f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices}"
            f" --xla_dump_to={folder / str(devices)} --xla_dump_hlo_as_text"
        )
        printed = run_python(TRAIN, "jax", devices, XLA_FLAGS=flags)
        found[devices] = json.loads(printed.splitlines()[-1])
    files = (folder / "2").glob("*train_step*after_optimizations.txt")
    return found, [path.read_text() for path in files]


@pytest.mark.parametrize("members", ["shared", "split"])
def test_two_devices_have_the_losses_of_one(trained, members):
    one, two = (trained[0][devices][members] for devices in (1, 2))
    assert len(one["losses"]) == 50
    np.testing.assert_allclose(two["losses"], one["losses"], rtol=0, atol=1e-5)


def test_two_devices_have_the_weights_of_one(trained):
    """By SGD: Adam divides a gradient that ought to be zero by itself."""
    one, two = (trained[0][devices]["shared"]["weights"] for devices in (1, 2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(b, a, rtol=0, atol=1e-5)


def test_no_step_gathers_activations(trained):
    programs = [text for text in trained[1] if "num_partitions=2" in text]
    assert len(programs) >= 2
    for text in programs:
        assert " all-reduce(" in text
        for move in ("all-gather", "all-to-all", "collective-permute", "reduce-scatter"):
            assert f" {move}(" not in text and f" {move}-start(" not in text

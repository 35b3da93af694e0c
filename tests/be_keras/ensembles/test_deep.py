"""DeepEnsemble: each network on its seed, resumed from its folder, logits with a member axis."""

import keras
import numpy as np
import pytest

from be_keras import DenseBatchEnsemble, EnsembleModel
from be_keras.backend import trains_faster_with_xla
from be_keras.ensembles import DeepEnsemble

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(24, 5)).astype("float32")
Y = DRAW.integers(0, 3, size=24)


def small_network(callbacks=()):
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    return trained(model, callbacks)


def trained(model, callbacks=()):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=trains_faster_with_xla())
    model.fit(X, Y, epochs=2, batch_size=8, callbacks=list(callbacks), verbose=0)
    return model


def alone(seed):
    """The network that anyone would train on a seed without a DeepEnsemble."""
    keras.utils.set_random_seed(seed)
    return np.asarray(small_network()(X))


@pytest.fixture(params=["memory", "folder"])
def folder(request, tmp_path):
    return None if request.param == "memory" else tmp_path / "members"


def test_each_member_is_the_network_of_its_seed(folder):
    ensemble = DeepEnsemble(small_network, 3, seed=5, folder=folder)
    assert ensemble.train() == [5, 6, 7]
    logits = ensemble.logits(X, batch_size=7)
    assert logits.shape == (24, 3, 3) and logits.dtype == np.float32
    for member, seed in enumerate((5, 6, 7)):
        np.testing.assert_allclose(logits[:, member], alone(seed), rtol=1e-5, atol=1e-6)


def test_a_larger_ensemble_goes_on_from_a_smaller_one(tmp_path):
    first = DeepEnsemble(small_network, 2, folder=tmp_path)
    first.train()
    written = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    larger = DeepEnsemble(small_network, 3, folder=tmp_path)
    assert larger.train() == [2]
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"seed-{seed}.keras" for seed in range(3)
    ]
    np.testing.assert_array_equal(larger.logits(X)[:, :2], first.logits(X))


def test_an_interrupted_member_is_trained_again(tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        DeepEnsemble(lambda: small_network([Interrupt()]), 1, folder=tmp_path).train()
    assert DeepEnsemble(small_network, 1, folder=tmp_path).train() == [0]


def test_members_of_batch_ensembles_add_up():
    def pair():
        body = keras.Sequential([keras.Input((5,)), DenseBatchEnsemble(3, ensemble_size=2)])
        return trained(EnsembleModel(body, 2))

    ensemble = DeepEnsemble(pair, 2)
    ensemble.train()
    logits = ensemble.logits(X)
    assert logits.shape == (24, 4, 3)
    np.testing.assert_allclose(logits[:, 2:], ensemble.network(1).predict(X, verbose=0))


def test_what_was_not_trained_is_refused():
    with pytest.raises(ValueError, match="seed 0 has not been trained; call train"):
        DeepEnsemble(small_network, 2).logits(X)
    with pytest.raises(ValueError, match="ensemble_size"):
        DeepEnsemble(small_network, 0)

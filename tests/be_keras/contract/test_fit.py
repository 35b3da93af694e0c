"""Plain `compile` and `fit` train models of every form, with XLA, and say nothing."""

import keras
import numpy as np
import pytest
from keras import ops

from be_keras import EnsembleModel
from be_keras.layers import (
    DenseBatchEnsemble,
    EmbeddingBatchEnsemble,
    LayerNormalizationBatchEnsemble,
)

M = 2
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(24, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")
TOKENS = DRAW.integers(1, 6, size=(24, 3)).astype("int32")


def dense(units, **options):
    return DenseBatchEnsemble(units, ensemble_size=M, **options)


def residual():
    """A residual connection around a BatchEnsemble layer."""
    inputs = keras.Input((4,))
    rows = LayerNormalizationBatchEnsemble(ensemble_size=M)(inputs)
    return keras.Model(inputs, dense(2)(inputs + dense(4, activation="relu")(rows)))


def tied():
    """A language model whose embedding makes the logits too."""
    tokens = keras.Input((3,), dtype="int32")
    embedding = EmbeddingBatchEnsemble(6, 8, tied_output=True, ensemble_size=M)
    return keras.Model(tokens, embedding(dense(8)(embedding(tokens)), reverse=True))


MODELS = {
    "functional": (residual, X, Y),
    "sequential": (lambda: keras.Sequential([dense(8, activation="relu"), dense(2)]), X, Y),
    "tied": (tied, TOKENS, TOKENS),
}


@pytest.mark.parametrize(
    ("kind", "members"),
    [("functional", "shared"), ("sequential", "split"), ("tied", "split")],
)
def test_training_under_xla_lowers_the_loss(kind, members, recwarn):
    body, x, y = MODELS[kind]
    model = EnsembleModel(body(), M, members=members)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss, metrics=["accuracy"], jit_compile=True)
    logs = model.fit(x, y, batch_size=8, epochs=4, verbose=0).history
    assert logs["loss"][-1] < 0.8 * logs["loss"][0]
    assert logs["accuracy"][-1] > logs["accuracy"][0]
    assert [str(w.message) for w in recwarn if w.category is UserWarning] == []


def test_a_residual_connection_adds_rows_of_one_member():
    body = residual()
    model = EnsembleModel(body, M)
    rows = np.repeat(X, M, axis=0)
    _, norm, first, last = body.layers
    expected = last(rows + first(norm(rows)))
    np.testing.assert_allclose(model(X), ops.reshape(expected, (24, M, 2)), rtol=1e-5, atol=1e-6)


def test_members_that_start_equal_and_see_the_same_stay_equal():
    body = dense(2, r_initializer="ones", s_initializer="ones")
    model = EnsembleModel(body, M)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(X, Y, verbose=0)
    outputs = model(X)
    np.testing.assert_allclose(outputs[:, 0], outputs[:, 1], rtol=1e-5)


def test_batch_by_batch():
    model = EnsembleModel(dense(2), M, members="split")
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for size in (5, 4):
        assert np.isfinite(model.train_on_batch(X[:size], Y[:size]))
        assert np.isfinite(model.test_on_batch(X[:size], Y[:size]))
        assert model.predict_on_batch(X[:size]).shape == (size, M, 2)


def test_step_by_step_without_a_compiled_step():
    model = EnsembleModel(dense(2), M, members="split")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, run_eagerly=True)
    assert np.isfinite(model.fit(X[:5], Y[:5], batch_size=5, verbose=0).history["loss"][0])


def test_a_loss_of_the_body_alone():
    """`add_loss` in the body and no compiled loss."""

    class Shrink(keras.layers.Layer):
        def call(self, rows):
            self.add_loss(ops.mean(ops.square(rows)))
            return rows

    model = EnsembleModel(keras.Sequential([dense(2), Shrink()]), M)
    model.compile("sgd")
    logs = model.fit(X, batch_size=24, epochs=2, verbose=0).history
    assert logs["loss"][1] < logs["loss"][0]


def test_no_examples_are_refused():
    model = EnsembleModel(dense(2), M, outputs="logits")
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for method in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
        with pytest.raises(ValueError, match=r"at least one example.*\(0, 4\)"):
            method(X[:0], Y[:0])
    with pytest.raises(ValueError, match="at least one example"):
        model.predict(X[:0])


def test_a_backup_is_restored_into_a_model_around_a_built_body(tmp_path):
    def train(epochs, **options):
        keras.utils.set_random_seed(0)
        model = EnsembleModel(keras.Sequential([keras.Input((4,)), dense(2)]), M)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.05), loss)
        history = model.fit(X, Y, epochs=epochs, shuffle=False, verbose=0, **options)
        return history.epoch, model.get_weights()

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)

    train(2, callbacks=[backup()])
    epochs, resumed = train(4, callbacks=[backup()])
    assert epochs == [2, 3]
    for got, want in zip(resumed, train(4)[1], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)

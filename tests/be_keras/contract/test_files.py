"""A `.keras` file written on one backend is read on the other, predicts the same and trains on."""

import keras
import numpy as np
import pytest

import be_keras
from be_keras.layers import (
    DenseBatchEnsemble,
    EmbeddingBatchEnsemble,
    LayerNormalizationBatchEnsemble,
    MultiHeadAttentionBatchEnsemble,
)

M, V, T = 2, 7, 4

# Reads a model, trains it on, and writes it and its predictions of before and after.
ELSEWHERE = """
import sys
import keras, numpy as np, be_keras
folder, expected = sys.argv[1:]
assert keras.backend.backend() == expected
model = keras.models.load_model(f"{folder}/trained.keras")
data = np.load(f"{folder}/data.npz")
before = model.predict(data["x"], verbose=0)
model.fit(data["x"], data["y"], batch_size=6, epochs=2, shuffle=False, verbose=0)
after = model.predict(data["x"], verbose=0)
np.savez(f"{folder}/elsewhere.npz", before=before, after=after)
model.save(f"{folder}/elsewhere.keras")
"""


def translator_like():
    """Embedding, attention and a tied output, trained with an optimiser by weight role."""
    tokens = keras.Input((T,), dtype="int32")
    embedding = EmbeddingBatchEnsemble(V, 6, mask_zero=True, tied_output=True, ensemble_size=M)
    rows = embedding(tokens)
    normed = LayerNormalizationBatchEnsemble(ensemble_size=M)(rows)
    attention = MultiHeadAttentionBatchEnsemble(2, 3, ensemble_size=M)
    rows = rows + attention(normed, normed, use_causal_mask=True)
    rows = rows + DenseBatchEnsemble(6, activation="relu", ensemble_size=M)(rows)
    body = keras.Model(tokens, embedding(rows, reverse=True))
    model = be_keras.EnsembleModel(body, M, members="split")
    model.compile(
        be_keras.optimizers.SGD(
            be_keras.schedules.InverseSquareRoot(0.1, 2),
            momentum=0.9,
            weight_decay=0.01,
            lr_multipliers={"fast": 2.0},
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def test_the_other_backend_predicts_and_trains_alike(tmp_path, run_python, other_backend):
    model = translator_like()
    x = np.random.default_rng(0).integers(0, V, size=(6, T)).astype("int32")
    y = np.roll(x, -1, axis=1)
    np.savez(tmp_path / "data.npz", x=x, y=y)

    def train():
        model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0)
        return model.predict(x, verbose=0)

    before = train()
    model.save(tmp_path / "trained.keras")
    run_python(ELSEWHERE, other_backend, tmp_path, other_backend)
    elsewhere = np.load(tmp_path / "elsewhere.npz")
    np.testing.assert_allclose(elsewhere["before"], before, rtol=1e-5, atol=1e-5)
    after = train()
    assert np.max(np.abs(after - before)) > 1e-2  # it learns on, so the next line says something
    np.testing.assert_allclose(elsewhere["after"], after, rtol=1e-5, atol=1e-5)

    back = keras.models.load_model(tmp_path / "elsewhere.keras")
    np.testing.assert_allclose(back.predict(x, verbose=0), after, rtol=1e-5, atol=1e-5)
    assert int(back.optimizer.iterations) == 4
    assert back.optimizer.get_config() == model.optimizer.get_config()
    assert back.members == "split"


def test_a_file_tells_who_never_imported_be_keras_to_import_it(tmp_path, monkeypatch):
    """None of our code runs then: the message is Keras', and the file names the package in it."""
    translator_like().save(tmp_path / "model.keras")
    registered = keras.saving.get_custom_objects()
    for name in [name for name in registered if name.startswith("be_keras>")]:
        monkeypatch.delitem(registered, name)
    with pytest.raises(TypeError, match="all imported so that.*config: {'module': 'be_keras"):
        keras.models.load_model(tmp_path / "model.keras")

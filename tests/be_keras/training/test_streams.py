"""Streams of batches of several shapes into `fit`."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel
from be_keras.layers import DenseBatchEnsemble, EmbeddingBatchEnsemble
from be_keras.training import stream

SHAPES = [(4, 3), (2, 5), (6, 2)]


def batch(examples, steps):
    tokens = np.arange(examples * steps).reshape(examples, steps).astype("int32") % 7
    return {"tokens": tokens}, tokens[..., None] / 7.0


def test_batches_of_many_shapes_train_a_model():
    seen = []

    def batches():
        for shape in SHAPES:
            seen.append(shape)
            yield batch(*shape)

    inputs = {"tokens": keras.Input((None,), dtype="int32", name="tokens")}
    rows = EmbeddingBatchEnsemble(7, 4, ensemble_size=2)(inputs["tokens"])
    body = keras.Model(inputs, DenseBatchEnsemble(1, ensemble_size=2)(rows))
    model = EnsembleModel(body, 2, outputs="values")
    model.compile("adam", "mse")
    history = model.fit(
        stream(batches(), batch(1, 1)), steps_per_epoch=len(SHAPES), verbose=0, shuffle=False
    )
    assert seen == SHAPES
    assert np.isfinite(history.history["loss"][0])
    assert int(model.optimizer.iterations) == len(SHAPES)


def test_arrays_arrive_unchanged():
    data = [batch(*shape) for shape in SHAPES]
    for (inputs, labels), (got, got_labels) in zip(
        data, stream(iter(data), data[0]), strict=True
    ):
        np.testing.assert_array_equal(got["tokens"], inputs["tokens"])
        np.testing.assert_array_equal(got_labels, labels)
        assert np.asarray(got["tokens"]).dtype == inputs["tokens"].dtype


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of tf.data")
@pytest.mark.parametrize("alike", [False, True])
def test_data_sets_declare_their_shapes_and_have_no_thread_to_wait_for(alike):
    data = stream(iter([]), batch(4, 3), alike=alike)
    inputs, labels = data.element_spec
    assert inputs["tokens"].shape.as_list() == ([None, 3] if alike else [None, None])
    assert labels.shape.as_list() == ([None, 3, 1] if alike else [None, None, None])
    assert data.options().autotune.enabled is False

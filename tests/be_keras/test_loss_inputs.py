"""Masks read and attached, outputs and labels as rows, and how many labels a loss averages."""

import keras
import numpy as np
import pytest

from be_keras.loss_inputs import (
    labels_averaged,
    mask_of,
    members_of,
    not_ignored,
    output_rows,
    repeat_labels,
    rows_as_outputs,
    weights_of_each,
    with_mask,
)

TOKENS = np.array([[3, 0], [1, 2]], "int32")
MASK = np.array([[1, 1, 0], [1, 0, 0]], "bool")  # (R, T)


def ones(*shape):
    return keras.ops.ones(shape)


def test_outputs_become_rows_with_their_masks():
    mask = np.arange(12).reshape(2, 3, 2) % 3 == 0  # (B, M, T)
    outputs = np.arange(24.0).reshape(2, 3, 2, 2)  # (B, M, T, C)
    rows = output_rows({"a": with_mask(keras.ops.convert_to_tensor(outputs), mask)})["a"]
    np.testing.assert_array_equal(rows, outputs.reshape(6, 2, 2))
    np.testing.assert_array_equal(mask_of(rows), mask.reshape(6, 2))
    assert output_rows(ones(2, 3, 4)).shape == (6, 4)


def test_rows_become_outputs_of_one_member_with_their_masks():
    values = np.arange(12.0).reshape(2, 3, 2)  # (R, T, C)
    outputs = rows_as_outputs(with_mask(keras.ops.convert_to_tensor(values), MASK), 1)
    np.testing.assert_array_equal(outputs, values[:1, None])
    np.testing.assert_array_equal(mask_of(outputs), MASK[:1, None])
    assert members_of({"a": outputs}) == 1 and members_of(ones(2, 3, 4)) == 3


def test_labels_are_repeated_for_every_member():
    labels = repeat_labels({"a": np.array([7, 8]), "b": None}, 3)
    np.testing.assert_array_equal(labels["a"], [7, 7, 7, 8, 8, 8])
    assert labels["b"] is None and repeat_labels(None, 3) is None


def test_labels_are_counted():
    assert float(labels_averaged(ones(6, 5))) == 6
    assert float(labels_averaged(ones(6))) == 6
    assert float(labels_averaged(ones(2, 3, 5))) == 6
    assert float(labels_averaged(with_mask(ones(2, 3, 5), MASK))) == 3
    assert float(labels_averaged({"a": ones(6, 5), "b": ones(6, 2, 1)})) == 18


def test_weights_are_counted_where_losses_divide_by_them():
    weights = np.array([2.0, 0.5])
    assert float(labels_averaged(ones(2, 5), weights)) == 2.5
    assert float(labels_averaged(with_mask(ones(2, 3, 5), MASK), weights[:, None])) == 4.5
    assert float(labels_averaged(ones(2, 3, 5), np.full((2, 3), 0.5))) == 3
    both = {"a": ones(2, 5), "b": ones(2, 5)}
    assert float(labels_averaged(both, {"a": weights, "b": None})) == 4.5


def test_weights_are_dealt_out_to_the_outputs():
    weights, rows, masked = np.array([2.0, 0.5]), ones(2, 5), with_mask(ones(2, 3, 5), MASK)
    assert weights_of_each(rows, None) is None
    np.testing.assert_array_equal(weights_of_each(rows, weights), weights)
    np.testing.assert_array_equal(weights_of_each(ones(2), weights), weights)
    np.testing.assert_array_equal(weights_of_each(ones(2, 3, 5), weights), [[2.0], [0.5]])
    np.testing.assert_array_equal(weights_of_each(masked, weights), [[2.0], [0.5]])
    np.testing.assert_array_equal(weights_of_each(masked, np.ones((2, 3))), np.ones((2, 3)))
    both = weights_of_each({"a": rows, "b": masked}, weights)
    assert (both["a"].shape, both["b"].shape) == ((2,), (2, 1))
    some = weights_of_each({"a": rows, "b": masked}, {"b": weights})
    assert some["a"] is None and some["b"].shape == (2, 1)
    assert weights_of_each([rows, masked], [weights, weights])[1].shape == (2, 1)
    with pytest.raises(ValueError, match="2 values for 3 outputs"):
        weights_of_each([rows, rows, rows], [weights, weights])


def test_labels_of_an_ignored_class_do_not_count():
    loss = keras.losses.SparseCategoricalCrossentropy
    labels = np.array([[7, 1, 7], [2, 7, 3]])
    rows, masked = ones(2, 3, 9), with_mask(ones(2, 3, 9), MASK)

    def count(rows, labels, losses):
        return float(labels_averaged(rows, counted=not_ignored(rows, labels, losses)))

    assert count(rows, labels, loss(ignore_class=7)) == 3
    assert count(rows, labels[..., None], loss(ignore_class=7)) == 3
    assert count(rows, labels, loss()) == count(rows, labels, "mse") == 6
    assert count(masked, labels, loss(ignore_class=7)) == np.sum(MASK & (labels != 7))
    assert float(labels_averaged(masked)) == 3  # its own mask stays as it was
    both = {"a": rows, "b": rows}
    assert count(both, {"a": labels, "b": labels}, {"a": loss(), "b": loss(ignore_class=7)}) == 9
    assert count(both, {"a": labels, "b": labels}, loss(ignore_class=7)) == 6


def test_a_mask_is_read():
    embedded = keras.layers.Embedding(5, 2, mask_zero=True)(TOKENS)
    np.testing.assert_array_equal(mask_of(embedded), TOKENS != 0)
    assert mask_of(keras.ops.ones((2, 2))) is None


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32"])
def test_a_mask_is_attached_and_the_tensor_kept(dtype):
    tensor = keras.ops.cast(TOKENS, dtype)
    masked = with_mask(tensor, TOKENS != 0)
    np.testing.assert_array_equal(mask_of(masked), TOKENS != 0)
    assert keras.backend.standardize_dtype(masked.dtype) == dtype
    np.testing.assert_array_equal(keras.ops.cast(masked, "int32"), TOKENS)


def test_no_mask_leaves_the_tensor_alone():
    tensor = keras.ops.ones((2, 2))
    assert with_mask(tensor, None) is tensor and mask_of(tensor) is None


def test_losses_of_keras_read_an_attached_mask():
    values = keras.ops.convert_to_tensor([[[1.0], [5.0]]])
    predictions = with_mask(values, np.array([[True, False]]))
    loss = keras.losses.MeanSquaredError()(np.zeros((1, 2, 1)), predictions)
    np.testing.assert_allclose(loss, 1.0)

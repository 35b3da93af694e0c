"""Masks are read and attached."""

import keras
import numpy as np
import pytest

from be_keras.masks import mask_of, with_mask

TOKENS = np.array([[3, 0], [1, 2]], "int32")


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

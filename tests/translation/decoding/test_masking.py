"""Hand-worked answers for what both searches ask of rows."""

import numpy as np
import pytest
from keras import ops

from translation.decoding.masking import (
    IMPOSSIBLE,
    allowed_log_probs,
    is_possible,
    length_limits,
    repeat_state,
    write_words,
)


def listed(tensor):
    return ops.convert_to_numpy(tensor).tolist()


def test_bos_and_pad_are_forbidden_and_minus_infinity_is_lifted():
    log_probs = ops.convert_to_tensor([[-1.0, -2.0, -3.0, -np.inf]], "bfloat16")
    allowed = ops.convert_to_numpy(allowed_log_probs(log_probs, bos=2, pad=0))
    assert allowed.dtype == np.float32
    np.testing.assert_array_equal(allowed, np.float32([[IMPOSSIBLE, -2.0, IMPOSSIBLE, IMPOSSIBLE]]))
    assert listed(is_possible(allowed)) == [[False, True, False, False]]


def test_rows_of_one_example_become_neighbours():
    state = {"a": np.array([1, 2]), "b": (np.array([[3.0], [4.0]]),)}
    repeated = repeat_state(state, batch_size=2, times=3)
    assert listed(repeated["a"]) == [1, 1, 1, 2, 2, 2]
    assert listed(repeated["b"][0]) == [[3.0]] * 3 + [[4.0]] * 3


@pytest.mark.parametrize("tensor, shape", [(np.zeros((6, 2)), r"\(6, 2\)"), (1.0, r"\(\)")])
def test_a_state_without_one_row_per_example_is_refused(tensor, shape):
    with pytest.raises(ValueError, match=f"received shape {shape}"):
        repeat_state([tensor], batch_size=2, times=3)


def test_limits_stay_within_the_buffer():
    assert listed(length_limits(None, 2, 5)) == [5, 5]
    assert listed(length_limits(3, 2, 5)) == [3, 3]
    assert listed(length_limits([-1, 9], 2, 5)) == [0, 5]


def test_words_are_written_at_one_place():
    tokens = np.zeros((1, 2, 3), "int32")
    assert listed(write_words(tokens, np.array([[7, 8]], "int32"), 1)) == [[[0, 7, 0], [0, 8, 0]]]

"""Hand-worked answers for the small operations on hypotheses."""

import numpy as np
import pytest
from keras import ops

from translation.decoding import IMPOSSIBLE
from translation.decoding.hypotheses import Hypotheses, best, join, only, penalty, score, where

EMPTY = float(np.float32(IMPOSSIBLE))


def made(*scores):
    """One example whose hypotheses are told apart by one token each: 10, 11, 12 ..."""
    values = ops.convert_to_tensor([scores], "float32")
    tokens = ops.convert_to_tensor([[[10 + slot] for slot in range(len(scores))]], "int32")
    return Hypotheses(tokens, values * 2.0, values)


def listed(tensor):
    return ops.convert_to_numpy(tensor).tolist()


def test_the_penalty_is_that_of_wu():
    lengths = np.array([1, 7, 13])
    np.testing.assert_allclose(penalty(lengths, 1.0), [1.0, 2.0, 3.0], rtol=1e-6)
    np.testing.assert_allclose(penalty(lengths, 0.0), [1.0, 1.0, 1.0])
    assert float(penalty(np.array(7), 0.6)) == pytest.approx(2**0.6, rel=1e-6)


def test_empty_slots_stay_empty_under_any_penalty():
    values = ops.convert_to_tensor([[-4.0, IMPOSSIBLE]])
    assert listed(score(values, 7, 2.0)) == [[-1.0, EMPTY]]


def test_best_keeps_the_first_of_equals():
    kept, slots = best(made(-3.0, -1.0, -1.0, -2.0), 3)
    assert listed(slots) == [[1, 2, 3]]
    assert listed(kept.tokens) == [[[11], [12], [13]]]
    assert listed(kept.log_probs) == [[-2.0, -2.0, -4.0]]


def test_only_empties_what_is_not_kept():
    kept = only(made(-1.0, -2.0), np.array([[False, True]]))
    assert listed(kept.scores) == [[EMPTY, -2.0]]
    assert listed(kept.log_probs) == [[EMPTY, -4.0]]


def test_join_keeps_the_order():
    assert listed(join(made(-1.0), made(-2.0, -3.0)).scores) == [[-1.0, -2.0, -3.0]]


def test_where_takes_whole_examples():
    two = [
        Hypotheses(*(ops.concatenate(pair, axis=0) for pair in zip(one, one, strict=True)))
        for one in (made(-1.0), made(-2.0))
    ]
    assert listed(where(np.array([True, False]), *two).scores) == [[-1.0], [-2.0]]

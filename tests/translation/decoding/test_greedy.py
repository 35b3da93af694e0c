"""Greedy search against a plain-Python argmax, spelled sentences and its compiled self."""

import numpy as np
import pytest
from keras import ops

from translation.decoding import greedy_search

PAD, BOS, EOS = 0, 2, 3


def plain_greedy(model, example, limit):
    """Take the most probable allowed word, one after another, with NumPy."""
    words = []
    while len(words) < limit and EOS not in words:
        log_probs = model.next_log_probs(example, words).copy()
        log_probs[[PAD, BOS]] = -np.inf
        words.append(int(np.argmax(log_probs)))
    return words


def search(model, **options):
    options = {"batch_size": model.examples, "max_length": model.max_length} | options
    tokens, log_probs = greedy_search(model.step, model.state(), **options)
    return ops.convert_to_numpy(tokens), ops.convert_to_numpy(log_probs)


@pytest.mark.parametrize("eos_bias", [-9.0, 0.0, 2.0])
def test_equals_a_plain_argmax(history_model, eos_bias):
    model = history_model(seed=1, examples=12, eos_bias=eos_bias)
    tokens, log_probs = search(model)
    for example in range(model.examples):
        words = plain_greedy(model, example, model.max_length)
        padding = [PAD] * (model.max_length - len(words))
        assert tokens[example].tolist() == words + padding
        assert log_probs[example] == pytest.approx(model.log_prob(example, words), rel=1e-5)


def test_pad_and_bos_are_never_generated(history_model):
    model = history_model(seed=2, eos_bias=-9.0)
    model.table[..., [PAD, BOS]] += 50.0
    tokens, _ = search(model)
    assert not np.any((tokens == PAD) | (tokens == BOS))


def test_limits_hold_per_example(history_model):
    model = history_model(seed=3, eos_bias=-9.0)
    tokens, log_probs = search(model, limits=[0, 2, 99])
    assert np.sum(tokens != PAD, axis=1).tolist() == [0, 2, model.max_length]
    assert log_probs[0] == 0.0


def test_it_stops_when_all_have_ended():
    def step(tokens, position, state):
        # A search that goes on would read NaN and return it.
        row = np.log(np.array([[0.5, 0.1, 0.1, 0.3]], "float32"))
        poison = ops.where(position < 1, 0.0, float("nan"))
        return ops.broadcast_to(row + poison, (tokens.shape[0], 4)), state

    tokens, log_probs = greedy_search(step, (), batch_size=2, max_length=9)
    assert ops.convert_to_numpy(tokens).tolist() == [[EOS] + [PAD] * 8] * 2
    np.testing.assert_allclose(ops.convert_to_numpy(log_probs), np.log(0.3), rtol=1e-6)


def test_compiled_equals_eager(history_model, compiled):
    model = history_model(seed=4)

    @compiled
    def run(state):
        return greedy_search(model.step, state, model.examples, model.max_length)

    tokens, log_probs = run(model.state())
    expected_tokens, expected_log_probs = search(model)
    np.testing.assert_array_equal(ops.convert_to_numpy(tokens), expected_tokens)
    np.testing.assert_allclose(ops.convert_to_numpy(log_probs), expected_log_probs, rtol=1e-6)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch_size": 0}, "batch_size of at least 1, received 0"),
        ({"max_length": 0}, "max_length of at least 1, received 0"),
        ({"batch_size": 2}, r"batch_size = 2.*received shape \(3,\).*untiled"),
        ({"limits": [[1, 2, 3]]}, r"received shape \(1, 3\)"),
    ],
)
def test_bad_input_is_refused(history_model, options, message):
    with pytest.raises(ValueError, match=message):
        search(history_model(seed=0), **options)

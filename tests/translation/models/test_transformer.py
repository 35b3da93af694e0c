"""The Transformer: what a token may see, padding, positions; decoding against the whole call."""

import keras
import numpy as np
import pytest

from translation.models.transformer import Transformer, positions

SIZES = [None, 3]  # a single network and an ensemble


def tokens(rows, length, seed=0):
    return np.random.default_rng(seed).integers(4, 30, (rows, length)).astype("int32")


def logits_of(body, source, target_in):
    """Logits `(R, T, V)` as NumPy."""
    inputs = {"source": source, "target_in": target_in}
    return keras.ops.convert_to_numpy(body(inputs, training=False))


@pytest.mark.parametrize("ensemble_size", SIZES)
def test_a_token_sees_the_ones_before_it_alone(translator, ensemble_size):
    body = translator(ensemble_size).body
    source, target = tokens(3, 5), tokens(3, 6, seed=1)
    before = logits_of(body, source, target)
    target[:, 4] = 9 + (target[:, 4] == 9)
    after = logits_of(body, source, target)
    np.testing.assert_allclose(after[:, :4], before[:, :4], atol=1e-5)
    assert np.all(np.abs(after - before)[:, 4:].max(axis=-1) > 1e-3)


@pytest.mark.parametrize("ensemble_size", SIZES)
def test_padding_and_empty_rows_change_nothing(translator, ensemble_size):
    body = translator(ensemble_size).body
    source, target = tokens(3, 5), tokens(3, 4, seed=1)
    padded = [np.pad(side, [[0, 3], [0, 2]]) for side in (source, target)]
    found = logits_of(body, *padded)
    np.testing.assert_allclose(found[:3, :4], logits_of(body, source, target), atol=1e-5)
    assert np.all(np.isfinite(found))


def test_the_source_is_read(translator):
    body = translator().body
    source, target = tokens(2, 5), tokens(2, 4, seed=1)
    before = logits_of(body, source, target)
    source[1, 4] = 9 + (source[1, 4] == 9)
    after = logits_of(body, source, target)
    np.testing.assert_array_equal(after[0], before[0])
    assert np.all(np.abs(after - before)[1].max(axis=-1) > 1e-3)


@pytest.mark.parametrize("ensemble_size", SIZES)
def test_decoding_step_by_step_gives_the_same_logits(translator, ensemble_size):
    body = translator(ensemble_size).body
    source, target = tokens(6, 5), tokens(6, 4, seed=1)
    source[1, 2:] = source[3, 4:] = 0
    whole = logits_of(body, source, target)
    state = body.start(source, max_length=7)
    for position in range(4):
        step, state = body.step(target[:, position], position, state)
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(step), whole[:, position], atol=1e-4, rtol=0
        )


def test_members_differ_on_the_same_sentence(translator):
    source, target = (np.repeat(tokens(1, n, seed=n), 3, axis=0) for n in (5, 4))
    first, second, third = logits_of(translator(3).body, source, target)
    assert np.abs(first - second).max() > 0.01 and np.abs(second - third).max() > 0.01


def test_positions_by_hand():
    expected = [
        [np.sin(angle), np.sin(angle / 100), np.cos(angle), np.cos(angle / 100)]
        for angle in (3.0, 4.0)
    ]
    found = keras.ops.convert_to_numpy(positions(3, 2, 4))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("width, heads", [(9, 3), (8, 3)])
def test_widths_that_do_not_divide(width, heads):
    with pytest.raises(ValueError, match=f"width={width}, heads={heads}"):
        Transformer(30, 1, 1, width, heads, 8)

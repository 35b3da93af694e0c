"""Beam search against enumeration of all sequences, a plain-Python beam, and rescored words."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from translation.decoding import IMPOSSIBLE, beam_search, greedy_search

PAD, UNK, BOS, EOS = 0, 1, 2, 3
SPELL = 8


def words_of(row):
    """Cut a row of the token buffer at its first pad, as a tuple of ints."""
    row = [int(word) for word in row]
    return tuple(row[: row.index(PAD)] if PAD in row else row)


def search(model, **options):
    """Run beam search on all examples of a toy model and return NumPy arrays."""
    options = {"batch_size": model.examples, "max_length": model.max_length} | options
    examples = options.pop("examples", None)
    results = beam_search(model.step, model.state(examples), **options)
    return [ops.convert_to_numpy(result) for result in results]


def penalised(log_prob, length, alpha):
    return log_prob / ((5 + length) / 6) ** alpha


def ranked_by_enumeration(model, example, limit, alpha):
    """List all finished sequences, best first, then all unfinished of full length."""
    inner = [word for word in range(model.table.shape[2]) if word not in (PAD, BOS, EOS)]
    finished, alive = [], []
    for length in range(1, limit + 1):
        for head in itertools.product(inner, repeat=length - 1):
            for last in [EOS, *inner] if length == limit else [EOS]:
                words = (*head, last)
                log_prob = model.log_prob(example, words)
                ranked = (penalised(log_prob, length, alpha), log_prob, words)
                (finished if last == EOS else alive).append(ranked)
    return sorted(finished, reverse=True) + sorted(alive, reverse=True)


def plain_beam(model, example, beam_size, limit, alpha):
    """Beam search with Python lists that never stops before the limit: the finished set alone."""
    alive, finished = [(0.0, ())], []
    for length in range(1, limit + 1):
        extensions = []
        for log_prob, words in alive:
            log_probs = model.next_log_probs(example, words)
            extensions += [
                (log_prob + float(log_probs[word]), (*words, word))
                for word in range(len(log_probs))
                if word not in (PAD, BOS)
            ]
        extensions = sorted(extensions, reverse=True)[: 2 * beam_size]
        finished += [
            (penalised(log_prob, length, alpha), words)
            for log_prob, words in extensions[:beam_size]
            if words[-1] == EOS
        ]
        finished = sorted(finished, reverse=True)[:beam_size]
        alive = [pair for pair in extensions if pair[1][-1] != EOS][:beam_size]
    return finished


def spell(sentence, length=SPELL):
    """A step that is certain of one sentence, whatever the history: `{position: word}`."""
    table = np.full((length, 7), -np.inf, "float32")
    table[np.arange(len(sentence)), sentence] = 0.0
    return lambda tokens, position, state: (
        ops.broadcast_to(ops.take(table, position, axis=0), (tokens.shape[0], 7)),
        state,
    )


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_a_wide_beam_equals_enumeration(history_model, alpha):
    model = history_model(seed=5, examples=2, max_length=4)
    tokens, scores, log_probs = search(model, beam_size=128, length_penalty=alpha)
    for example in range(2):
        expected = ranked_by_enumeration(model, example, limit=4, alpha=alpha)
        assert len(expected) == 40 + 81
        assert [words_of(row) for row in tokens[example, :121]] == [row[2] for row in expected]
        np.testing.assert_allclose(scores[example, :121], [row[0] for row in expected], rtol=1e-5)
        np.testing.assert_allclose(
            log_probs[example, :121], [row[1] for row in expected], rtol=1e-5
        )
        assert np.all(tokens[example, 121:] == PAD)
        assert np.all(scores[example, 121:] == np.float32(IMPOSSIBLE))


@pytest.mark.parametrize("alpha, winner", [(0.0, (EOS,)), (1.0, (4, EOS))])
def test_the_length_penalty_changes_the_winner(alpha, winner):
    # log .4 = -.916 against log(.5 x .7) = -1.050, which over (5 + 2) / 6 is -.900.
    table = np.log(np.array([[1e-9, 0.1, 1e-9, 0.4, 0.5], [1e-9, 0.3, 1e-9, 0.7, 1e-9]], "float32"))

    def step(tokens, position, state):
        return ops.broadcast_to(ops.take(table, position, axis=0), (tokens.shape[0], 5)), state

    tokens, _, _ = beam_search(step, (), 1, 2, max_length=2, length_penalty=alpha)
    assert words_of(ops.convert_to_numpy(tokens)[0, 0]) == winner


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    beam_size=st.sampled_from([1, 2, 3, 5]),
    alpha=st.sampled_from([0.0, 0.6, 1.5]),
    eos_bias=st.sampled_from([-1.0, 1.0, 3.0]),
)
def test_equals_a_plain_beam_that_never_stops_early(
    history_model, seed, beam_size, alpha, eos_bias
):
    model = history_model(seed, eos_bias=eos_bias)
    tokens, scores, _ = search(model, beam_size=beam_size, length_penalty=alpha)
    for example in range(model.examples):
        expected = plain_beam(model, example, beam_size, model.max_length, alpha)
        found = [words_of(row) for row in tokens[example]]
        assert found[: len(expected)] == [words for _, words in expected]
        np.testing.assert_allclose(
            scores[example, : len(expected)], [value for value, _ in expected], rtol=1e-5
        )
        assert all(EOS not in words for words in found[len(expected) :])


@pytest.mark.parametrize("beam_size", [2, 4])
def test_scores_are_those_of_the_returned_words_and_hypotheses_are_unique(history_model, beam_size):
    model = history_model(seed=11, examples=8)
    tokens, scores, log_probs = search(model, beam_size=beam_size, length_penalty=0.6)
    for example in range(model.examples):
        found = [words_of(row) for row in tokens[example]]
        assert len(set(found)) == beam_size
        rescored = np.array([model.log_prob(example, words) for words in found])
        np.testing.assert_allclose(log_probs[example], rescored, rtol=1e-5)
        lengths = np.array([len(words) for words in found])
        np.testing.assert_allclose(
            scores[example], rescored / ((5 + lengths) / 6) ** 0.6, rtol=1e-5
        )
        ended = [words[-1] == EOS for words in found]
        assert ended == sorted(ended, reverse=True)


def test_pad_and_bos_are_never_generated(history_model):
    model = history_model(seed=2, eos_bias=-4.0)
    model.table[..., [PAD, BOS]] += 50.0
    tokens, _, _ = search(model, beam_size=4)
    assert not np.any(tokens == BOS)
    ends = np.cumsum(tokens == EOS, axis=-1) > 0
    assert np.all((tokens == PAD) <= ends)


def test_one_beam_without_penalty_is_greedy_search(history_model):
    model = history_model(seed=3, examples=16)
    tokens, _, log_probs = search(model, beam_size=1, length_penalty=0.0)
    expected = greedy_search(model.step, model.state(), model.examples, model.max_length)
    np.testing.assert_array_equal(tokens[:, 0], ops.convert_to_numpy(expected[0]))
    np.testing.assert_allclose(log_probs[:, 0], ops.convert_to_numpy(expected[1]), rtol=1e-6)


def test_a_certain_step_spells_its_sentence():
    sentence = [4, 6, 6, 5, EOS]
    tokens, scores, log_probs = beam_search(spell(sentence), (), 2, 3, SPELL)
    tokens = ops.convert_to_numpy(tokens)
    assert tokens[:, 0].tolist() == [[*sentence, PAD, PAD, PAD]] * 2
    assert np.all(tokens[:, 1:] == PAD)
    expected = np.float32([[0.0, IMPOSSIBLE, IMPOSSIBLE]] * 2)
    np.testing.assert_array_equal(ops.convert_to_numpy(scores), expected)
    np.testing.assert_array_equal(ops.convert_to_numpy(log_probs), expected)


def test_eos_at_once_is_a_hypothesis_of_one_word():
    tokens, scores, _ = beam_search(spell([EOS]), (), 1, 2, SPELL)
    assert words_of(ops.convert_to_numpy(tokens)[0, 0]) == (EOS,)
    assert float(scores[0, 0]) == 0.0


def test_a_step_that_never_ends_returns_the_alive_hypotheses(history_model):
    model = history_model(seed=4, examples=2)
    model.table[..., EOS] = -np.inf
    tokens, scores, log_probs = search(model, beam_size=3, length_penalty=0.6)
    for example in range(2):
        for row, score, log_prob in zip(
            tokens[example], scores[example], log_probs[example], strict=True
        ):
            words = words_of(row)
            assert len(words) == model.max_length and EOS not in words
            assert log_prob == pytest.approx(model.log_prob(example, words), rel=1e-5)
            assert score == pytest.approx(log_prob / ((5 + 6) / 6) ** 0.6, rel=1e-5)


def test_the_search_stops_when_no_hypothesis_can_win():
    def step(tokens, position, state):
        row = np.full((1, 6), np.log(1e-6), "float32")
        row[0, EOS], row[0, 4] = np.log(0.9), np.log(0.1)
        # A search that goes on would find better hypotheses than it may.
        bait = ops.where(position < 2, 0.0, 100.0)
        return ops.broadcast_to(row + bait, (tokens.shape[0], 6)), state

    tokens, scores, _ = beam_search(step, (), 1, 2, max_length=50, length_penalty=0.0)
    found = [words_of(row) for row in ops.convert_to_numpy(tokens)[0]]
    assert found == [(EOS,), (4, EOS)]
    np.testing.assert_allclose(scores[0], np.log([0.9, 0.09]), rtol=1e-5)


def test_limits_hold_per_example(history_model):
    model = history_model(seed=6, examples=1, eos_bias=-3.0)
    state = model.state([0, 0, 0, 0])
    tokens, scores, log_probs = (
        ops.convert_to_numpy(result)
        for result in beam_search(
            model.step, state, 4, 2, model.max_length, limits=[0, 1, 3, 9], length_penalty=0.6
        )
    )
    assert np.all(tokens[0] == PAD) and log_probs[0, 0] == 0.0
    for row, limit in ((1, 1), (2, 3), (3, model.max_length)):
        alone = search(model, batch_size=1, beam_size=2, max_length=limit, length_penalty=0.6)
        np.testing.assert_array_equal(tokens[row, :, :limit], alone[0][0])
        np.testing.assert_allclose(scores[row], alone[1][0], rtol=1e-6)
        assert np.all(tokens[row, :, limit:] == PAD)


def test_an_example_alone_gives_what_it_gives_in_a_batch(history_model):
    model = history_model(seed=8, examples=5, eos_bias=1.0)
    together = search(model, beam_size=3)
    for example in range(5):
        alone = search(model, beam_size=3, batch_size=1, examples=[example])
        for part, whole in zip(alone, together, strict=True):
            np.testing.assert_array_equal(part[0], whole[example])


def test_compiled_equals_eager(history_model, compiled):
    model = history_model(seed=9)
    eager = search(model, beam_size=3, limits=[2, 6, 4])

    @compiled
    def run(state, limits):
        return beam_search(model.step, state, 3, 3, model.max_length, limits=limits)

    results = run(model.state(), np.array([2, 6, 4], "int32"))
    np.testing.assert_array_equal(ops.convert_to_numpy(results[0]), eager[0])
    np.testing.assert_allclose(ops.convert_to_numpy(results[1]), eager[1], rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(results[2]), eager[2], rtol=1e-5)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"beam_size": 0}, "beam_size=0"),
        ({"length_penalty": -0.5}, "length_penalty=-0.5"),
        ({"max_length": 0}, "max_length of at least 1, received 0"),
        ({"batch_size": 4}, r"batch_size = 4.*received shape \(3,\)"),
        ({"limits": [1, 2]}, r"received shape \(2,\)"),
    ],
)
def test_bad_input_is_refused(history_model, options, message):
    with pytest.raises(ValueError, match=message):
        search(history_model(seed=0), **({"beam_size": 2} | options))

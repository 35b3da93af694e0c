"""The decoder: the ensemble's step, and search against whole forward passes."""

import keras
import numpy as np
import pytest
from keras import ops

from translation.data.vocabulary import BOS, EOS, PAD, train_vocabulary
from translation.decoding.decoder import LENGTHS, Decoder, mean_log_probs, start_ensemble

WORDS = ("ka", "lo", "mi", "ne", "ru", "sa", "to", "vi")


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    """A vocabulary of 30 pieces."""
    draw = np.random.default_rng(0)
    lines = [" ".join(draw.choice(WORDS, 5)) for _ in range(200)]
    return train_vocabulary(lines, tmp_path_factory.mktemp("vocabulary") / "v.model", 30)


@pytest.fixture(scope="module")
def ensemble(translator, vocabulary):
    """Three members with random weights."""
    return translator(3, vocabulary_size=vocabulary.size)


def mean_probabilities(model, source, target_in):
    """The mean of the members' softmaxes `(B, T, V)`, of whole sentences."""
    logits = model({"source": source, "target_in": target_in}, training=False)
    logits = keras.ops.convert_to_numpy(logits).astype("float64")  # (B, M, T, V)
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.mean(odds / odds.sum(axis=-1, keepdims=True), axis=1)


def greedy(model, source, limit):
    """Greedy search by whole forward passes: pieces of one source `(1, S)`."""
    words = [BOS]
    while len(words) <= limit:
        target_in = np.array([words + [PAD] * (limit + 1 - len(words))], "int32")
        scores = mean_probabilities(model, source, target_in)[0, len(words) - 1]
        scores[[BOS, PAD]] = 0
        words.append(int(scores.argmax()))
        if words[-1] == EOS:
            break
    return words[1:]


def test_a_step_gives_the_log_of_the_mean_of_probabilities(ensemble):
    draw = np.random.default_rng(0)
    source = draw.integers(4, 30, (2, 5)).astype("int32")
    source[1, 3:] = PAD
    target = np.repeat(draw.integers(4, 30, (2, 3)), 2, axis=0).astype("int32")  # K = 2 alike
    state, step = start_ensemble(ensemble, source, max_length=4, beam_size=2)
    assert {tensor.shape[0] for tensor in state.values()} == {2}  # the search repeats it
    state = {name: keras.ops.repeat(tensor, 2, axis=0) for name, tensor in state.items()}
    expected = np.log(mean_probabilities(ensemble, np.repeat(source, 2, axis=0), target))
    for position in range(3):
        found, state = step(target[:, position], position, state)
        np.testing.assert_allclose(found, expected[:, position], atol=1e-4)


def test_greedy_translations_are_those_of_whole_forward_passes(ensemble, vocabulary):
    sentences = ["ka lo mi ru", "vi sa"]
    decoder = Decoder(ensemble, vocabulary, beam_size=1, max_extra=3, tokens_per_batch=16)
    expected = []
    for ids in vocabulary.encode(sentences):
        source = np.array([ids + [EOS]], "int32")
        expected.append(greedy(ensemble, source, limit=source.size + 3))
    assert decoder.translate(sentences) == [
        " ".join(text.split()) for text in vocabulary.decode(expected)
    ]


def test_order_and_neighbours_change_nothing(translator, vocabulary):
    model = translator(vocabulary_size=vocabulary.size)
    draw = np.random.default_rng(1)
    sentences = [" ".join(draw.choice(WORDS, n)) for n in (1, 5, 3, 0, 6, 2, 5)] + ["  \t "]
    decoder = Decoder(model, vocabulary, beam_size=2, max_extra=4, tokens_per_batch=32)
    done = []
    together = decoder.translate(sentences, done.append)
    assert sum(done) == len(sentences)
    assert together[3] == together[-1] == "" and decoder.cut == 0
    assert decoder.translate(sentences[::-1]) == together[::-1]
    alone = Decoder(model, vocabulary, beam_size=2, max_extra=4, tokens_per_batch=1)
    assert [text for line in sentences for text in alone.translate([line])] == together


def test_limits_and_cuts(translator, vocabulary):
    model = translator(vocabulary_size=vocabulary.size)
    # A bias that never lets a sentence end, and always says the same.
    bias = np.zeros((1, vocabulary.size), "float32")
    bias[0, EOS], bias[0, 10] = -1000, 1000
    model.body.embedding.bias.assign(bias)
    decoder = Decoder(model, vocabulary, beam_size=1, max_extra=2)
    long = " ".join(["ka"] * 300)
    texts = decoder.translate([long, "ka"])
    pieces = [len(ids) for ids in vocabulary.encode([long, "ka"])]
    assert pieces[0] > LENGTHS[-1] and decoder.cut == 1
    unit = vocabulary.decode([[10]])[0]
    assert [text.count(unit) for text in texts] == [LENGTHS[-1] + 2, pieces[1] + 1 + 2]


def test_nothing_to_do(ensemble, vocabulary):
    assert Decoder(ensemble, vocabulary).translate([]) == []


class Spelling:
    """A vocabulary that spells in bytes, the end of a line among them."""

    def encode(self, sentences):
        return [[4, 5] for _ in sentences]

    def decode(self, rows):
        return ["first\nsecond\r third\u2028" for _ in rows]


def test_a_translation_is_one_line(translator):
    decoder = Decoder(translator(), Spelling(), beam_size=1, max_extra=0)
    assert decoder.translate(["x"]) == ["first second third"]


@pytest.mark.parametrize("axis", [0, 1, -2])
def test_equals_the_mean_of_probabilities(axis):
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(5), size=(3, 4))
    expected = np.log(np.mean(probs, axis=axis))
    mean = ops.convert_to_numpy(mean_log_probs(np.log(probs).astype("float32"), axis))
    np.testing.assert_allclose(mean, expected, rtol=1e-5)


def test_one_member_is_itself():
    log_probs = np.log(np.array([[[0.25, 0.75]]], "float32"))
    np.testing.assert_allclose(mean_log_probs(log_probs, 1), log_probs[:, 0], rtol=1e-6)


def test_tiny_and_impossible_words_do_no_harm():
    log_probs = np.array([[[-1000.0, -np.inf, -np.inf, 0.0], [-1000.0, 0.0, -np.inf, 0.0]]])
    mean = ops.convert_to_numpy(mean_log_probs(log_probs.astype("float32"), axis=1))
    np.testing.assert_allclose(mean, [[-1000.0, np.log(0.5), -np.inf, 0.0]], atol=1e-6)


def test_no_member_is_refused():
    with pytest.raises(ValueError, match=r"at least one member on axis 1.*\(2, 0, 3\)"):
        mean_log_probs(np.zeros((2, 0, 3), "float32"), axis=1)

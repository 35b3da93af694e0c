"""A toy language model of known probabilities, and ways to compile a search."""

import keras
import numpy as np
import pytest
from keras import ops

BOS, EOS = 2, 3


class HistoryModel:
    """Random next-word tables, one a hash of the whole history, which travels in the state.

    A search that mixes up rows of the state gets the log-probabilities of another history, so its
    scores no longer equal those of the words it returns.
    """

    def __init__(self, seed, vocabulary_size=6, examples=3, max_length=6, eos_bias=0.0, tables=97):
        rng = np.random.default_rng(seed)
        logits = 2.0 * rng.normal(size=(examples, tables, vocabulary_size))
        logits[..., EOS] += eos_bias
        logits -= np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))
        self.table = logits.astype("float32")
        self.weights = rng.integers(1, tables, size=(max_length,)).astype("int32")
        self.examples, self.max_length = examples, max_length

    def state(self, examples=None):
        """Give the state of the chosen examples before the first word."""
        examples = np.arange(self.examples) if examples is None else np.asarray(examples)
        return {
            "example": examples.astype("int32"),
            "past": [np.zeros((len(examples), self.max_length), "int32")],
        }

    def step(self, tokens, position, state):
        """Write the words into the history and read the table of its hash."""
        here = ops.arange(self.max_length, dtype="int32") == position
        history = ops.where(here, tokens[:, None], state["past"][0])
        table = ops.sum(history * self.weights, axis=1) % self.table.shape[1]
        rows = state["example"] * self.table.shape[1] + table
        log_probs = ops.take(ops.reshape(self.table, (-1, self.table.shape[2])), rows, axis=0)
        return log_probs, {"example": state["example"], "past": [history]}

    def next_log_probs(self, example, words):
        """Give the NumPy log-probabilities `(V,)` of the word after `words` (without bos)."""
        history = np.zeros(self.max_length, "int32")
        history[: len(words) + 1] = [BOS, *words]
        return self.table[example, np.sum(history * self.weights) % self.table.shape[1]]

    def log_prob(self, example, words):
        """Score a whole hypothesis word by word."""
        return sum(
            float(self.next_log_probs(example, words[:place])[word])
            for place, word in enumerate(words)
        )


@pytest.fixture(scope="session")
def history_model():
    """The class `HistoryModel`; a test chooses seed and sizes."""
    return HistoryModel


def _compilers():
    if keras.backend.backend() == "jax":
        import jax

        return {"jit": jax.jit}
    import tensorflow as tf

    return {
        "graph": tf.function,
        "xla": lambda function: tf.function(function, jit_compile=True),
    }


@pytest.fixture(params=sorted(_compilers()))
def compiled(request):
    """A function that compiles a function of tensors, in every way the backend knows."""
    return _compilers()[request.param]

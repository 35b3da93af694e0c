"""Layer factories: the same Transformer out of plain layers, or out of BatchEnsemble layers.

A block asks its factory for a dense layer, an attention, a norm, a dropout or an embedding, and
does not know which method it serves.
"""

import keras
from keras import ops

import be_keras
from be_keras.roles import BIAS, set_role


class PlainLayerFactory:
    """Keras' own layers: one network, M = 1.

    Args:
        dtype: Dtype policy of every layer, or its name.
    """

    def __init__(self, dtype=None):
        self.dtype = dtype

    def dense(self, units, activation=None, name=None):
        """A dense layer, rows `(R, ..., D)` to `(R, ..., units)`."""
        return keras.layers.Dense(units, activation, name=name, dtype=self.dtype)

    def attention(self, heads, key_dim, dropout, name=None):
        """Multi-head attention with a decoding cache, `(R, T, D)` and `(R, S, D)` to `(R, T, D)`.

        `dropout` is the rate of the attention's weights, in [0, 1).
        """
        return be_keras.CachedMultiHeadAttention(
            heads, key_dim, dropout=dropout, name=name, dtype=self.dtype
        )

    def norm(self, name=None):
        """Layer normalisation over the last axis."""
        return keras.layers.LayerNormalization(epsilon=1e-6, name=name, dtype=self.dtype)

    def dropout(self, rate):
        """Dropout of a rate in [0, 1)."""
        return keras.layers.Dropout(rate, dtype=self.dtype)

    def embedding(self, vocabulary_size, width, name=None):
        """A token embedding, rows `(R, T)` to `(R, T, D)`, with a tied output side."""
        return TiedEmbedding(vocabulary_size, width, name=name, dtype=self.dtype)


class BatchEnsembleLayerFactory(PlainLayerFactory):
    """BatchEnsemble layers for M members: every layer modulated, norms and biases per member.

    Args:
        ensemble_size: Number of members M; rows are `(B * M, ...)`.
        fast_initializer: Keras initialiser (or its name) of r and s.
        dtype: Dtype policy of every layer, or its name.
        where: Layers that draw from it; r and s of the others begin as ones. "all", "first" (the
            embedding) or "last" (its output side).
        norms: "members", or "shared": the same for all.
    """

    def __init__(
        self,
        ensemble_size,
        fast_initializer,
        dtype=None,
        where="all",
        norms="members",
    ):
        super().__init__(dtype)
        self.ensemble_size = ensemble_size
        self.fast_initializer = fast_initializer
        self.where = where
        self.norms = norms

    def dense(self, units, activation=None, name=None):
        return be_keras.DenseBatchEnsemble(units, activation, name=name, **self._fast("inner"))

    def attention(self, heads, key_dim, dropout, name=None):
        return be_keras.MultiHeadAttentionBatchEnsemble(
            heads,
            key_dim,
            dropout=dropout,
            name=name,
            **self._fast("inner"),
        )

    def norm(self, name=None):
        if self.norms == "shared":
            return super().norm(name)
        return be_keras.LayerNormalizationBatchEnsemble(
            epsilon=1e-6, ensemble_size=self.ensemble_size, name=name, dtype=self.dtype
        )

    def embedding(self, vocabulary_size, width, name=None):
        return be_keras.EmbeddingBatchEnsemble(
            vocabulary_size,
            width,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=width**-0.5),
            tied_output=True,
            q_initializer=self._initializer("last"),
            name=name,
            **self._fast("first"),
        )

    def _fast(self, place):
        """The options of r and s in a layer at this place: "first", "inner" or "last"."""
        initializer = self._initializer(place)
        return {
            "ensemble_size": self.ensemble_size,
            "r_initializer": initializer,
            "s_initializer": initializer,
            "dtype": self.dtype,
        }

    def _initializer(self, place):
        return self.fast_initializer if self.where in ("all", place) else "ones"


@keras.saving.register_keras_serializable(package="be_translate")
class TiedEmbedding(keras.layers.Layer):
    """Token embedding of one network whose table also makes the logits (Press & Wolf, 2017).

    Takes token ids `(R, T)`, gives `(R, T, output_dim)`.

    Args:
        input_dim: Size of the vocabulary V.
        output_dim: Width D.
    """

    def __init__(self, input_dim, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim

    def build(self, input_shape=None):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=keras.initializers.RandomNormal(stddev=self.output_dim**-0.5),
        )
        self.bias = self.add_weight(name="bias", shape=(1, self.input_dim), initializer="zeros")
        set_role(self.bias, BIAS)

    def call(self, inputs):
        return ops.cast(ops.take(self.embeddings, inputs, axis=0), self.compute_dtype)

    def output_side(self, states):
        """States `(R, T, D)` in the compute dtype, the kernel `(D, V)` and the bias `(1, V)`."""
        kernel = ops.transpose(ops.cast(self.embeddings, self.compute_dtype))
        return ops.cast(states, self.compute_dtype), kernel, self.bias

    def compute_output_spec(self, inputs):
        return keras.KerasTensor((*inputs.shape, self.output_dim), self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
        }

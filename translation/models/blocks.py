"""The blocks of a pre-norm Transformer (Vaswani et al., 2017); a layer factory gives their layers.

Every block takes the factory, the model's width D, its heads, the width of the feed-forward layers
and the dropout rate; R are rows.
"""

import keras


class FeedForward(keras.layers.Layer):
    """Two dense layers with a ReLU between, `(R, T, D)` to `(R, T, D)`."""

    def __init__(self, factory, width, feedforward, dropout, **kwargs):
        super().__init__(dtype=factory.dtype, **kwargs)
        self.wide = factory.dense(feedforward, "relu", name="wide")
        self.narrow = factory.dense(width, name="narrow")
        self.dropout = factory.dropout(dropout)

    def build(self, shape):
        self.wide.build(shape)
        self.narrow.build((*shape[:-1], self.wide.units))

    def call(self, rows, training=None):
        return self.narrow(self.dropout(self.wide(rows), training=training))


class EncoderBlock(keras.layers.Layer):
    """x + attention(norm(x)), then x + feedforward(norm(x)); rows `(R, S, D)`."""

    def __init__(self, factory, width, heads, feedforward, dropout, **kwargs):
        super().__init__(dtype=factory.dtype, **kwargs)
        self.attention_norm = factory.norm(name="attention_norm")
        self.attention = factory.attention(heads, width // heads, dropout, name="attention")
        self.feedforward_norm = factory.norm(name="feedforward_norm")
        self.feedforward = FeedForward(factory, width, feedforward, dropout, name="feedforward")
        self.dropout = factory.dropout(dropout)

    def build(self, shape):
        self.attention_norm.build(shape)
        self.attention.build(shape, shape)
        self.feedforward_norm.build(shape)
        self.feedforward.build(shape)

    def call(self, rows, mask, training=None):
        """Mask `(R, 1, S)`: True at real source steps."""
        normed = self.attention_norm(rows)
        mixed = self.attention(normed, normed, attention_mask=mask, training=training)
        rows = rows + self.dropout(mixed, training=training)
        mixed = self.feedforward(self.feedforward_norm(rows), training=training)
        return rows + self.dropout(mixed, training=training)


class DecoderBlock(keras.layers.Layer):
    """Causal self-attention, cross-attention and feed-forward, each on norm(x) and added to x.

    Rows are `(R, T, D)`; they attend to the encoder's memory `(R, S, D)`.
    """

    def __init__(self, factory, width, heads, feedforward, dropout, **kwargs):
        super().__init__(dtype=factory.dtype, **kwargs)
        self.self_norm = factory.norm(name="self_norm")
        self.self_attention = factory.attention(heads, width // heads, dropout, name="self")
        self.cross_norm = factory.norm(name="cross_norm")
        self.cross_attention = factory.attention(heads, width // heads, dropout, name="cross")
        self.feedforward_norm = factory.norm(name="feedforward_norm")
        self.feedforward = FeedForward(factory, width, feedforward, dropout, name="feedforward")
        self.dropout = factory.dropout(dropout)

    def build(self, shape):
        self.self_norm.build(shape)
        self.self_attention.build(shape, shape)
        self.cross_norm.build(shape)
        self.cross_attention.build(shape, shape)
        self.feedforward_norm.build(shape)
        self.feedforward.build(shape)

    def call(self, rows, memory, memory_mask, training=None):
        """Memory `(R, S, D)` with mask `(R, 1, S)`, True at real source steps."""
        normed = self.self_norm(rows)
        mixed = self.self_attention(normed, normed, use_causal_mask=True, training=training)
        rows = rows + self.dropout(mixed, training=training)
        mixed = self.cross_attention(
            self.cross_norm(rows), memory, attention_mask=memory_mask, training=training
        )
        rows = rows + self.dropout(mixed, training=training)
        mixed = self.feedforward(self.feedforward_norm(rows), training=training)
        return rows + self.dropout(mixed, training=training)

    def step(self, rows, position, self_cache, cross_cache, memory_mask):
        """One decoding step: the call above without dropout, for the step at one position.

        Args:
            rows: `(R, 1, D)`.
            position: int32 scalar, the step's place.
            self_cache: `(R, 2, L, heads, D / heads)`, of the steps before.
            cross_cache: `(R, 2, S, heads, D / heads)`, of the memory.
            memory_mask: `(R, 1, S)`.

        Returns:
            Rows `(R, 1, D)`, and the self-attention's cache with this step in it.
        """
        normed = self.self_norm(rows)
        mixed, self_cache = self.self_attention(
            normed, normed, cache=self_cache, cache_update_index=position, training=False
        )
        rows = rows + mixed
        normed = self.cross_norm(rows)
        # Keys and values come from the cache alone; the layer asks for a value all the same.
        mixed, _ = self.cross_attention(
            normed, normed, cache=cross_cache, attention_mask=memory_mask, training=False
        )
        rows = rows + mixed
        mixed = self.feedforward(self.feedforward_norm(rows), training=False)
        return rows + mixed, self_cache

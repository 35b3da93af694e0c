"""The two blocks of a pre-norm Transformer; a layer family gives them their layers."""

import keras


class FeedForward(keras.layers.Layer):
    """Two dense layers with a ReLU between, `(R, T, D)` to `(R, T, D)`."""

    def __init__(self, family, width, feedforward, dropout, **kwargs):
        super().__init__(**kwargs)
        self.wide = family.dense(feedforward, "relu", name="wide")
        self.narrow = family.dense(width, name="narrow")
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, shape):
        self.wide.build(shape)
        self.narrow.build((*shape[:-1], self.wide.units))

    def call(self, rows, training=None):
        return self.narrow(self.dropout(self.wide(rows), training=training))


class EncoderBlock(keras.layers.Layer):
    """x + attention(norm(x)), then x + feedforward(norm(x)); rows `(R, S, D)`."""

    def __init__(self, family, width, heads, feedforward, dropout, **kwargs):
        super().__init__(**kwargs)
        self.attention_norm = family.norm(name="attention_norm")
        self.attention = family.attention(heads, width // heads, dropout, name="attention")
        self.feedforward_norm = family.norm(name="feedforward_norm")
        self.feedforward = FeedForward(family, width, feedforward, dropout, name="feedforward")
        self.dropout = keras.layers.Dropout(dropout)

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
    """Causal self-attention, cross-attention and feed-forward; rows `(R, T, D)`."""

    def __init__(self, family, width, heads, feedforward, dropout, **kwargs):
        super().__init__(**kwargs)
        self.self_norm = family.norm(name="self_norm")
        self.self_attention = family.attention(heads, width // heads, dropout, name="self")
        self.cross_norm = family.norm(name="cross_norm")
        self.cross_attention = family.attention(heads, width // heads, dropout, name="cross")
        self.feedforward_norm = family.norm(name="feedforward_norm")
        self.feedforward = FeedForward(family, width, feedforward, dropout, name="feedforward")
        self.dropout = keras.layers.Dropout(dropout)

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
        """One decoding step: rows `(R, 1, D)`; gives rows and the self-attention's cache."""
        normed = self.self_norm(rows)
        mixed, self_cache = self.self_attention(
            normed, normed, cache=self_cache, cache_update_index=position
        )
        rows = rows + mixed
        mixed, _ = self.cross_attention(
            self.cross_norm(rows), rows, cache=cross_cache, attention_mask=memory_mask
        )
        rows = rows + mixed
        return rows + self.feedforward(self.feedforward_norm(rows)), self_cache

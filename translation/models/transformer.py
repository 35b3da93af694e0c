"""The Transformer on rows: token ids in, states or logits out, whole sentences or step by step."""

import math

import keras
from keras import ops

from be_keras.members import merge_members, split_members
from translation.models.blocks import DecoderBlock, EncoderBlock
from translation.models.layer_factory import BatchEnsembleLayerFactory, PlainLayerFactory

PAD = 0


@keras.saving.register_keras_serializable(package="be_translate")
class Transformer(keras.Model):
    """Pre-norm Transformer (Vaswani et al., 2017) with one tied embedding, on rows.

    Takes a dict of int rows `source (R, S)` and `target_in (R, T)`, gives logits `(R, T, V)` in
    float32. Id 0 is padding: nothing attends to it in the source.

    Args:
        vocabulary_size: Size of the joint vocabulary V.
        encoder_layers, decoder_layers: Numbers of blocks.
        width: Model width D, a multiple of `heads` and even.
        heads: Attention heads.
        feedforward: Width of the feed-forward layers.
        dropout: Dropout rate of embeddings, sublayers and attention, in [0, 1).
        ensemble_size: Number of members M (rows are then `(B * M, ...)`), or None for plain
            layers.
        fast_initializer: Keras initialiser of r and s. This and what follows is unused where
            `ensemble_size` is None.
        fast_where, norms: As in `BatchEnsembleLayerFactory`.
        factory: Makes the layers in place of what these settings ask for; not kept in files.
        **kwargs: `name`, and `dtype`, the policy of all layers.

    Raises:
        ValueError: `width` is odd or no multiple of `heads`.
    """

    def __init__(
        self,
        vocabulary_size,
        encoder_layers,
        decoder_layers,
        width,
        heads,
        feedforward,
        dropout=0.1,
        ensemble_size=None,
        fast_initializer="random_sign",
        fast_where="all",
        norms="members",
        factory=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if width % heads or width % 2:
            raise ValueError(
                f"`width` must be even and a multiple of `heads`. Received: width={width}, "
                f"heads={heads}"
            )
        self.settings = {
            "vocabulary_size": vocabulary_size,
            "encoder_layers": encoder_layers,
            "decoder_layers": decoder_layers,
            "width": width,
            "heads": heads,
            "feedforward": feedforward,
            "dropout": dropout,
            "ensemble_size": ensemble_size,
            "fast_initializer": fast_initializer,
            "fast_where": fast_where,
            "norms": norms,
        }
        if factory is None and ensemble_size is None:
            factory = PlainLayerFactory(self.dtype_policy)
        elif factory is None:
            factory = BatchEnsembleLayerFactory(
                ensemble_size, fast_initializer, self.dtype_policy, fast_where, norms
            )
        self.width = width
        self.embedding = factory.embedding(vocabulary_size, width, name="embedding")
        self.dropout = factory.dropout(dropout)
        sizes = (width, heads, feedforward, dropout)
        self.encoder = [
            EncoderBlock(factory, *sizes, name=f"encoder_{i}") for i in range(encoder_layers)
        ]
        self.encoder_norm = factory.norm(name="encoder_norm")
        self.decoder = [
            DecoderBlock(factory, *sizes, name=f"decoder_{i}") for i in range(decoder_layers)
        ]
        self.decoder_norm = factory.norm(name="decoder_norm")

    def build(self, input_shape=None):
        shape = (None, None, self.width)
        self.embedding.build((None, None))
        for layer in (*self.encoder, self.encoder_norm, *self.decoder, self.decoder_norm):
            layer.build(shape)

    def embed(self, tokens, start=0, training=None):
        """Token rows `(R, T)` at steps `start, start + 1, ...` to `(R, T, D)`."""
        rows = self.embedding(tokens) * self.width**0.5
        rows = rows + ops.cast(positions(start, ops.shape(tokens)[1], self.width), rows.dtype)
        return self.dropout(rows, training=training)

    def encode(self, source, training=None):
        """Source rows `(R, S)` to memory `(R, S, D)` and its mask `(R, 1, S)`."""
        mask = ops.expand_dims(ops.not_equal(source, PAD), 1)
        rows = self.embed(source, training=training)
        for block in self.encoder:
            rows = block(rows, mask, training=training)
        return self.encoder_norm(rows), mask

    def states(self, inputs, training=None):
        """Dict of rows `source (R, S)` and `target_in (R, T)` to states `(R, T, D)`."""
        memory, mask = self.encode(inputs["source"], training=training)
        rows = self.embed(inputs["target_in"], training=training)
        for block in self.decoder:
            rows = block(rows, memory, mask, training=training)
        return self.decoder_norm(rows)

    def logits(self, states):
        """States `(R, T, D)` to logits `(R, T, V)`, in float32."""
        states, kernel, bias = self.embedding.output_side(states)
        logits = ops.cast(ops.matmul(states, kernel), "float32")
        shift = ops.expand_dims(ops.cast(bias, "float32"), 1)  # (M, 1, V)
        return merge_members(split_members(logits, bias.shape[0]) + shift)

    def call(self, inputs, training=None):
        return self.logits(self.states(inputs, training=training))

    def start(self, source, max_length):
        """Give what decoding carries: the source as attention reads it, and room for the target.

        Args:
            source: `(R, S)` token ids.
            max_length: Longest target L.

        Returns:
            Dict of tensors of R rows: `mask`, and for block i the caches `cross_i` and `self_i`.
        """
        memory, mask = self.encode(source, training=False)
        rows = ops.shape(memory)[0]
        state = {"mask": mask}
        for i, block in enumerate(self.decoder):
            state[f"cross_{i}"] = block.cross_attention.make_cache(memory)
            attention = block.self_attention
            shape = (rows, 2, max_length, attention.num_heads, attention.key_dim)
            state[f"self_{i}"] = ops.zeros(shape, dtype=memory.dtype)
        return state

    def step(self, tokens, position, state):
        """One decoding step: what `call` gives at this position, from the tokens before.

        Args:
            tokens: `(R,)`, the target's input at this position.
            position: int32 scalar, 0 to L - 1; earlier positions have been stepped through.
            state: what `start` or the step before gave.

        Returns:
            Logits `(R, V)`, float32, and the new state.
        """
        rows = self.embed(ops.expand_dims(tokens, 1), start=position, training=False)
        state = dict(state)
        for i, block in enumerate(self.decoder):
            rows, state[f"self_{i}"] = block.step(
                rows, position, state[f"self_{i}"], state[f"cross_{i}"], state["mask"]
            )
        return self.logits(self.decoder_norm(rows))[:, 0], state

    def get_config(self):
        config = super().get_config()
        initializer = self.settings["fast_initializer"]
        return {
            "name": config["name"],
            "dtype": config["dtype"],
            **self.settings,
            "fast_initializer": keras.saving.serialize_keras_object(initializer),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        # Older files say of outputs and biases that they are the members' own.
        config = {k: v for k, v in config.items() if k not in ("outputs", "biases")}
        config["fast_initializer"] = keras.saving.deserialize_keras_object(
            config["fast_initializer"], custom_objects=custom_objects
        )
        return cls(**config)


def positions(start, length, width):
    """Sinusoidal position codes `(length, width)` of steps `start ... start + length - 1`.

    The first half of the width holds sines, the second the cosines of the same angles.
    """
    steps = ops.cast(ops.expand_dims(ops.arange(length) + start, 1), "float32")
    rates = ops.exp(ops.arange(0, width, 2, dtype="float32") * (-math.log(10000.0) / width))
    angles = steps * rates
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

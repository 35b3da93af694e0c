"""The Transformer on rows, and the Translator that puts the member axis around it.

Takes batches of token ids (source (B, S), target_in (B, T)), gives logits (B, M, T, V).
"""

import keras
from keras import ops

from be_keras import EnsembleModel
from be_keras.losses import chunked_cross_entropy, sequence_loss
from be_keras.members import merge_members, repeat_examples, split_members
from be_keras.roles import assign_roles
from translation.blocks import DecoderBlock, EncoderBlock
from translation.families import BatchEnsembleFamily, PlainFamily

PAD = 0


@keras.saving.register_keras_serializable(package="be_translate")
class Transformer(keras.Model):
    """Pre-norm Transformer (Vaswani et al., 2017) with one tied embedding, on rows.

    Args:
        vocabulary_size: Size of the joint vocabulary V.
        encoder_layers, decoder_layers: Numbers of blocks.
        width: Model width D, a multiple of `heads` and even.
        heads: Attention heads.
        feedforward: Width of the feed-forward layers.
        dropout: Dropout rate of embeddings, sublayers and attention, in [0, 1).
        ensemble_size: Number of members M, or None for plain layers.
        fast_initializer: Keras initialiser of r and s; unused where `ensemble_size` is None.

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
        }
        if ensemble_size is None:
            family = PlainFamily()
        else:
            family = BatchEnsembleFamily(ensemble_size, fast_initializer)
        self.width = width
        self.embedding = family.embedding(vocabulary_size, width, name="embedding")
        self.dropout = keras.layers.Dropout(dropout)
        sizes = (width, heads, feedforward, dropout)
        self.encoder = [
            EncoderBlock(family, *sizes, name=f"encoder_{i}") for i in range(encoder_layers)
        ]
        self.encoder_norm = family.norm(name="encoder_norm")
        self.decoder = [
            DecoderBlock(family, *sizes, name=f"decoder_{i}") for i in range(decoder_layers)
        ]
        self.decoder_norm = family.norm(name="decoder_norm")

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
        """What decoding carries for source rows `(R, S)`: a dict of tensors of R rows."""
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
        """One decoding step: tokens `(R,)` at a scalar position to logits `(R, V)` and state."""
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
        config = dict(config)
        config["fast_initializer"] = keras.saving.deserialize_keras_object(
            config["fast_initializer"], custom_objects=custom_objects
        )
        return cls(**config)


@keras.saving.register_keras_serializable(package="be_translate")
class Translator(EnsembleModel):
    """M translators around one Transformer; a single network has M = 1.

    `call` gives logits `(B, M, T, V)`, and decoder states `(B, M, T, D)` while training: the
    loss projects them in chunks, so that the logits of a whole batch never exist at once.

    Args:
        body: A `Transformer`.
        ensemble_size: Number of members M.
        members: "shared" or "split", as in `EnsembleModel`.
        label_smoothing: In [0, 1).
        chunk_examples: Examples per chunk of the loss; None for all at once.
    """

    def __init__(
        self,
        body,
        ensemble_size,
        members="shared",
        label_smoothing=0.1,
        chunk_examples=None,
        **kwargs,
    ):
        for fixed in ("outputs", "member_loss"):
            kwargs.pop(fixed, None)
        super().__init__(body, ensemble_size, members=members, **kwargs)
        self.label_smoothing = label_smoothing
        self.chunk_examples = chunk_examples

    def build(self, input_shape=None):
        if not self.body.built:
            self.body.build()

    def call(self, inputs, training=None):
        if not training:
            return super().call(inputs, training=False)
        self._split_rows = self.members == "split"
        rows = {name: self._rows_of(inputs[name]) for name in ("source", "target_in")}
        return self.untile(self.body.states(rows, training=True))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Label-smoothed cross-entropy, the mean over all members' real tokens.

        Args:
            x, sample_weight: Unused.
            y: `target_out (B, T)`, 0 at padding.
            y_pred: States `(B, M, T, D)` if training, logits `(B, M, T, V)` otherwise.
            training: Which of the two.
        """
        assign_roles(self)
        if not training:
            loss, count = self._plain_loss(y, y_pred)
        else:
            loss, count = self._training_loss(y, y_pred)
        self._weighted_loss.update_state(loss, sample_weight=count)
        return loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Give the logged loss alone: what a step gives in training are states, not logits."""
        return self.get_metrics_result()

    def _training_loss(self, y, states):
        labels = split_members(self._rows_of(y), self.ensemble_size)  # (B, M, T)
        rows, kernel, bias = self.body.embedding.output_side(merge_members(states))
        weights = ops.cast(labels != PAD, "float32")
        losses = chunked_cross_entropy(
            split_members(rows, self.ensemble_size),
            kernel,
            labels,
            bias,
            self.label_smoothing,
            self.chunk_examples,
        )
        return sequence_loss(losses, weights), ops.sum(weights)

    def _plain_loss(self, y, logits):
        labels = repeat_examples(y, self.ensemble_size)
        losses = ops.sparse_categorical_crossentropy(
            labels, merge_members(logits), from_logits=True
        )
        weights = ops.cast(labels != PAD, "float32")
        count = ops.sum(weights)
        return ops.sum(losses * weights) / ops.maximum(count, 1.0), count

    def get_config(self):
        return {
            **super().get_config(),
            "label_smoothing": self.label_smoothing,
            "chunk_examples": self.chunk_examples,
        }


def positions(start, length, width):
    """Sinusoidal position codes `(length, width)` of steps `start ... start + length - 1`."""
    steps = ops.cast(ops.expand_dims(ops.arange(length) + start, 1), "float32")
    rates = ops.exp(
        ops.arange(0, width, 2, dtype="float32") * (-ops.log(10000.0) / width)
    )
    angles = steps * rates
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

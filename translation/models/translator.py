"""The Translator: the member axis around a Transformer, and the loss it trains with.

Takes batches of token ids (source (B, S), target_in (B, T)), gives logits (B, M, T, V).
"""

import keras
from keras import ops

from be_keras import EnsembleModel
from be_keras.losses import chunked_cross_entropy, sequence_loss
from be_keras.members import fill_rows, merge_members, repeat_examples, split_members
from be_tracks.config import fast_initializer
from be_tracks.interrupts import held_interrupts
from translation.config import Config
from translation.models.layer_factory import PlainLayerFactory
from translation.models.transformer import PAD, Transformer


@keras.saving.register_keras_serializable(package="be_translate")
class Translator(EnsembleModel):
    """M translators around one Transformer; a single network has M = 1.

    `call` gives logits `(B, M, T, V)`, and decoder states `(B, M, T, D)` while training: the
    loss projects them in chunks, so that the logits of a whole batch never exist at once.

    Compile it with an optimiser alone: the loss is its own. In training it is the label-smoothed
    cross-entropy, elsewhere the plain one; both are means over all members' real tokens.

    Args:
        body: A `Transformer`.
        ensemble_size: Number of members M.
        members: "shared" or "split", as in `EnsembleModel`.
        label_smoothing: In [0, 1).
        chunk_examples: Examples per chunk of the loss; None for all at once.
        **kwargs: As in `EnsembleModel`.
    """

    def __init__(
        self,
        body: Transformer,
        ensemble_size,
        members="shared",
        label_smoothing=0.1,
        chunk_examples=None,
        **kwargs,
    ):
        super().__init__(body, ensemble_size, members=members, **kwargs)
        self.label_smoothing = label_smoothing
        self.chunk_examples = chunk_examples

    def build(self, input_shape=None):
        if not self.body.built:
            self.body.build()
        super().build(input_shape)

    def call(self, inputs, training=None):
        if not training:
            return super().call(inputs, training=False)
        rows_of = fill_rows if self.members == "split" else repeat_examples
        names = ("source", "target_in")
        rows = {name: rows_of(inputs[name], self.ensemble_size) for name in names}
        return self.untile(self.body.states(rows, training=True))

    def loss_and_count(self, x, y, y_pred, sample_weight=None, training=True):
        """Mean cross-entropy of all members' real tokens, and how many these are.

        Args:
            x, sample_weight: Unused.
            y: `target_out (B, T)`, 0 at padding.
            y_pred: States `(B, M, T, D)` if training, logits `(B, M, T, V)` otherwise.
            training: Which of the two.

        Returns:
            Two float32 scalars.
        """
        losses_of = self._training_losses if training else self._plain_losses
        losses, labels = losses_of(y, y_pred)
        weights = ops.cast(labels != PAD, "float32")
        return sequence_loss(losses, weights, self.member_loss), ops.sum(weights)

    def leave_out(self, y, y_pred, real):
        """Make padding of the labels that are not to count, as in `EnsembleModel`."""
        return ops.where(ops.expand_dims(real, -1), y, PAD), y_pred

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Give the logged loss alone: what a step gives in training are states, not logits."""
        return self.get_metrics_result()

    def _training_losses(self, y, states):
        """Smoothed losses `(B, M, T)` of states `(B, M, T, D)`, and each member's own labels."""
        if self.members == "split":
            # The rows that fill the last example's members up count for nothing.
            missing = ops.shape(states)[0] * self.ensemble_size - ops.shape(y)[0]
            rows = ops.pad(y, [[0, missing], [0, 0]], constant_values=PAD)
        else:
            rows = repeat_examples(y, self.ensemble_size)
        labels = split_members(rows, self.ensemble_size)  # (B, M, T)
        modulated, kernel, bias = self.body.embedding.output_side(merge_members(states))
        losses = chunked_cross_entropy(
            split_members(modulated, self.ensemble_size),
            kernel,
            labels,
            bias,
            self.label_smoothing,
            self.chunk_examples,
        )
        return losses, labels

    def _plain_losses(self, y, logits):
        """Losses `(B, M, T)` of logits `(B, M, T, V)`, and the labels repeated for the members."""
        labels = split_members(repeat_examples(y, self.ensemble_size), self.ensemble_size)
        return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True), labels

    def get_config(self):
        return {
            **super().get_config(),
            "label_smoothing": self.label_smoothing,
            "chunk_examples": self.chunk_examples,
        }


def build_translator(
    config: Config,
    vocabulary_size: int,
    ensemble_size: int | None = None,
    members: str = "shared",
    factory: PlainLayerFactory | None = None,
) -> Translator:
    """Make a built, uncompiled model.

    Args:
        config: sizes, initialisers and precision.
        vocabulary_size: V.
        ensemble_size: number of members M, or None for a single network of plain layers.
        members: "shared" or "split", as in `be_keras.EnsembleModel`.
        factory: makes the layers; None for the one of the config.

    Raises:
        ValueError: `ensemble_size` is below 1, or `members` unknown.
    """
    body = Transformer(
        vocabulary_size,
        config.encoder_layers,
        config.decoder_layers,
        config.width,
        config.heads,
        config.feedforward,
        config.dropout,
        ensemble_size,
        fast_initializer(config.fast_initializer),
        config.fast_where,
        config.norms,
        factory,
        name="transformer",
        dtype=config.precision,
    )
    model = Translator(
        body,
        1 if ensemble_size is None else ensemble_size,
        members,
        config.label_smoothing,
        config.chunk_examples or None,
        member_loss=config.member_loss,
        name="translator",
    )
    model.build()
    return model


def for_inference(model: Translator) -> Translator:
    """Give the same weights without optimiser and in float32: to translate, not to go on training.

    Half precision pays in training; probabilities that are to be scored deserve all their digits.

    Args:
        model: a built `Translator`; it is left as it is.
    """
    config = model.get_config()
    config["body"]["config"]["dtype"] = "float32"
    with held_interrupts():
        copy = Translator.from_config(config)
        copy.build()
    copy.set_weights(model.get_weights())
    return copy

"""Builds a `Translator` from a config."""

from translation.config import Config
from translation.models.transformer import Transformer
from translation.models.translator import Translator


def build_translator(
    config: Config, vocabulary_size: int, ensemble_size: int | None = None, members: str = "shared"
) -> Translator:
    """Make a built, uncompiled model.

    Args:
        config: sizes, initialisers and precision.
        vocabulary_size: V.
        ensemble_size: number of members M, or None for a single network of plain layers.
        members: "shared" or "split", as in `be_keras.EnsembleModel`.

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
        config.initializer(),
        config.fast_where,
        config.outputs,
        config.norms,
        config.biases,
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

"""Builds a `Translator` from a config."""

from translation.config import Config
from translation.model import Transformer, Translator


def build_translator(
    config: Config, vocabulary_size: int, ensemble_size: int | None = None, members: str = "shared"
) -> Translator:
    """Make a built, uncompiled model.

    Args:
        config: sizes and initialisers.
        vocabulary_size: V.
        ensemble_size: number of members M, or None for a single network of plain layers.
        members: "shared" or "split".
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
        name="transformer",
    )
    model = Translator(
        body,
        ensemble_size or 1,
        members,
        config.label_smoothing,
        config.chunk_examples or None,
        name="translator",
    )
    model.build()
    return model

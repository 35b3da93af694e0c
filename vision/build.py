"""Builds a classifier out of its settings: one code for a single network and an ensemble."""

from be_keras import EnsembleModel
from vision.families import BatchEnsembleFamily, PlainFamily
from vision.models import MODELS
from vision.settings import Settings, fast_initializer


def build_classifier(
    settings: Settings, shape: tuple[int, int, int], classes: int
) -> EnsembleModel:
    """Make a built, uncompiled model from images `(B, H, W, channels)` to logits `(B, M, C)`.

    A single network of plain layers has M = 1.

    Args:
        settings: What to build.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
    """
    body = MODELS[settings.model](_family(settings), shape, classes, settings.width)
    model = EnsembleModel(
        body, settings.ensemble_size or 1, settings.members, member_loss=settings.member_loss
    )
    model.build((None, *shape))
    return model


def _family(settings):
    if settings.ensemble_size is None:
        return PlainFamily(settings.dropout)
    return BatchEnsembleFamily(
        settings.ensemble_size,
        fast_initializer(settings.initializer),
        settings.where,
        settings.heads,
        settings.norms,
        settings.biases,
        settings.dropout,
    )

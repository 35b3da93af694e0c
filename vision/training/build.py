"""Builds a classifier out of its settings: one code for a single network and an ensemble."""

import keras

from be_keras import EnsembleModel
from be_keras.backend import trains_faster_with_xla
from vision.data.images import Images
from vision.models import MODELS
from vision.models.layer_factory import BatchEnsembleFamily, PlainFamily
from vision.settings import Settings, fast_initializer
from vision.training.optimizer import make_optimizer


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
        body,
        settings.ensemble_size or 1,
        settings.members,
        outputs="logits",
        member_loss=settings.member_loss,
    )
    model.build((None, *shape))
    return model


def new_classifier(settings: Settings, images: Images) -> EnsembleModel:
    """Give a built and compiled model for such images; nothing is trained."""
    model = build_classifier(settings, images.shape, len(images.class_names))
    model.compile(
        make_optimizer(settings), cross_entropy(), jit_compile=trains_faster_with_xla()
    )
    return model


def cross_entropy() -> keras.losses.Loss:
    """The loss of every classifier: cross-entropy of logits `(B, C)` and labels `(B,)`."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _family(settings):
    if settings.ensemble_size is None:
        return PlainFamily(settings.dropout)
    return BatchEnsembleFamily(
        settings.ensemble_size,
        fast_initializer(settings.fast_initializer),
        settings.fast_where,
        settings.heads,
        settings.norms,
        settings.biases,
        settings.dropout,
    )

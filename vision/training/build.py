"""Builds a classifier and its optimiser out of settings: one code for a network and an ensemble."""

import keras
from keras.optimizers.schedules import CosineDecay

from be_keras import EnsembleModel, optimizers
from be_keras.backend import trains_faster_with_xla
from be_keras.schedules import WarmupDrops
from be_tracks.config import fast_initializer
from vision.data.images import Images
from vision.models import MODELS
from vision.models.layer_factory import BatchEnsembleLayerFactory, PlainLayerFactory
from vision.settings import Settings, drops

WARMUP = 0.05  # share of the steps


def build_classifier(
    settings: Settings,
    shape: tuple[int, int, int],
    classes: int,
    factory: PlainLayerFactory | None = None,
) -> EnsembleModel:
    """Make a built, uncompiled model from images `(B, H, W, channels)` to logits `(B, M, C)`.

    A single network of plain layers has M = 1.

    Args:
        settings: What to build.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        factory: Makes the layers; None for the one of the settings.
    """
    factory = factory or layer_factory(settings)
    body = MODELS[settings.model](factory, shape, classes, settings.width)
    model = EnsembleModel(
        body,
        settings.ensemble_size or 1,
        settings.members,
        outputs="logits",
        member_loss=settings.member_loss,
    )
    model.build((None, *shape))
    return model


def new_classifier(
    settings: Settings, images: Images, factory: PlainLayerFactory | None = None
) -> EnsembleModel:
    """Give a built and compiled model for such images; nothing is trained."""
    model = build_classifier(settings, images.shape, len(images.class_names), factory)
    model.compile(
        make_optimizer(settings), cross_entropy(), jit_compile=trains_faster_with_xla()
    )
    return model


def cross_entropy() -> keras.losses.Loss:
    """The loss of every classifier: cross-entropy of logits `(B, C)` and labels `(B,)`."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def layer_factory(settings: Settings) -> PlainLayerFactory:
    """Give what makes the layers of a network or of members, as the settings say."""
    if settings.ensemble_size is None:
        return PlainLayerFactory(settings.dropout)
    return BatchEnsembleLayerFactory(
        settings.ensemble_size,
        fast_initializer(settings.fast_initializer),
        settings.fast_where,
        settings.norms,
        settings.dropout,
    )


def make_optimizer(settings: Settings) -> optimizers.SGD | optimizers.AdamW:
    """Give an unbuilt optimiser: linear warm-up over 5 % of the steps, then what is scheduled.

    SGD has Nesterov momentum 0.9. Weight decay is multiplied by the learning rate and acts on
    what `settings.weight_decay_roles` says; fast weights move
    `settings.fast_weight_lr_multiplier` times as far.
    """
    schedule = _schedule(settings)
    by_role = {
        "lr_multipliers": {"fast": settings.fast_weight_lr_multiplier},
        "weight_decay_roles": optimizers.WEIGHT_DECAY_ROLES[settings.weight_decay_roles],
    }
    if settings.optimizer == "adamw":
        return optimizers.AdamW(schedule, weight_decay=settings.weight_decay, **by_role)
    return optimizers.SGD(
        schedule,
        momentum=0.9,
        nesterov=True,
        weight_decay=settings.weight_decay or None,
        **by_role,
    )


def _schedule(settings):
    """A cosine to zero, or drops by a factor."""
    warmup = max(1, round(WARMUP * settings.steps))
    if settings.schedule != "cosine":
        factor, shares = drops(settings.schedule)
        steps = [max(1, round(share * settings.steps)) for share in shares]
        return WarmupDrops(settings.learning_rate, warmup, factor, steps)
    return CosineDecay(
        settings.learning_rate / warmup,  # a first step at rate zero would be lost
        max(1, settings.steps - warmup),
        warmup_target=settings.learning_rate,
        warmup_steps=warmup,
    )

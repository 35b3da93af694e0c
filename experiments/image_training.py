"""Trains one classifier as its settings say, from images to a model."""

import dataclasses
import random

import keras
import numpy as np

from be_keras import EnsembleModel
from be_keras.backend import trains_faster_with_xla
from be_keras.convert import branch_off
from experiments import image_conversion as conversion
from vision.data.batches import Batches
from vision.data.images import Images
from vision.data.scaling import Scaling
from vision.settings import Settings
from vision.training.build import make_optimizer, new_classifier


def train_classifier(settings: Settings, images: Images, scaling: Scaling) -> EnsembleModel:
    """Train `settings.steps` updates, the first `settings.branch` of them as one network.

    The schedule goes on across the branching; the momentum of the network stays behind. With
    `settings.fine_tune` all steps are one network's, and that many more the converted members'.

    Args:
        settings: Model and training; `examples` is not read.
        images: The training images.
        scaling: Makes numbers of pixels.

    Returns:
        The trained model, from `(B, H, W, channels)` to logits `(B, M, C)`.
    """
    if settings.bagging:
        images = images.select(np.random.randint(len(images), size=len(images)))
    if settings.fine_tune:
        return _train_converted(settings, images, scaling)
    model = new_classifier(settings, images)
    first = round(settings.branch * settings.steps)
    if first:
        network = new_classifier(dataclasses.replace(settings, ensemble_size=None), images)
        _fit(network, settings, images, scaling, first)
        branch_off(network, model)
        model.optimizer.build(model.trainable_variables)
        model.optimizer.iterations.assign(first)
    _fit(model, settings, images, scaling, settings.steps - first)
    return model


def _train_converted(settings, images, scaling):
    alone = dataclasses.replace(settings, ensemble_size=None, fine_tune=0, distill=0, perturb=0)
    network = train_classifier(alone, images, scaling)
    x, model = scaling(images.images), network
    if settings.ensemble_size:
        model = conversion.convert(network, settings, x)
    targets = conversion.targets(network, settings, x, images.labels)
    model.compile(
        make_optimizer(conversion.tuning(settings)),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=trains_faster_with_xla(),
    )
    _fit(model, settings, images, scaling, settings.fine_tune, targets)
    return model


def _fit(model, settings, images, scaling, steps, targets=None):
    batches = Batches(
        images, scaling, settings.batch_size, steps, settings.augment, targets, flip=settings.flip
    )
    # As Keras shuffles a `PyDataset`, which the published cells were trained with.
    order = list(range(steps))
    random.shuffle(order)
    model.fit(batches.stream(order), steps_per_epoch=steps, shuffle=False, verbose=0)

"""Members out of a trained network: converted, set apart, and trained a little longer."""

import dataclasses

import numpy as np

from be_keras import EnsembleModel
from be_keras.convert import distillation_targets, perturb, signs_in_the_head, to_batch_ensemble
from vision.settings import Settings, fast_initializer

MEASURED = 1_000  # examples on which members are set apart


def convert(network: EnsembleModel, settings: Settings, x: np.ndarray) -> EnsembleModel:
    """Make a BatchEnsemble, not compiled, of a trained single network, which is left alone.

    Args:
        network: One network, its body made of plain Keras layers.
        settings: Gives members, the initialiser of fast weights (signs in the head alone where
            `where` is "last"), `perturb` and the loss over members.
        x: Scaled images `(N, H, W, channels)` on which `perturb` is measured.
    """
    body = network.body
    initializer = fast_initializer(settings.fast_initializer)
    if settings.fast_where == "last":
        initializer = signs_in_the_head(body)
    model = to_batch_ensemble(
        body,
        settings.ensemble_size,
        r_initializer=initializer,
        s_initializer=initializer,
        members=settings.members,
        member_loss=settings.member_loss,
        outputs="logits",
        tiles="inputs",
    )
    if settings.perturb:
        perturb(model, x[:MEASURED], settings.perturb, seed=int(np.random.randint(2**31)))
    return model


def targets(network: EnsembleModel, settings: Settings, x: np.ndarray, labels: np.ndarray):
    """Distributions `(N, C)` that members learn: labels `(N,)` and the network's own predictions.

    `settings.distill` is the weight of the predictions.
    """
    return distillation_targets(
        network.body, x, labels, settings.distill, outputs="logits", batch_size=500
    )


def tuning(settings: Settings) -> Settings:
    """The settings of the steps after the conversion: their schedule is their own."""
    return dataclasses.replace(settings, steps=settings.fine_tune)

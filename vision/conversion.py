"""Members out of a trained network: converted, then trained a little longer."""

import dataclasses
from collections.abc import Callable

from be_keras import EnsembleModel
from be_keras.backend import trains_faster_with_xla
from be_keras.convert import signs_in_the_head, to_batch_ensemble
from vision.optimizer import make_optimizer
from vision.settings import Settings, fast_initializer


def convert(network: EnsembleModel, settings: Settings, loss: Callable) -> EnsembleModel:
    """Make a compiled BatchEnsemble of a trained single network, which is left alone.

    Its optimiser starts anew, with a schedule over `settings.fine_tune` steps.

    Args:
        network: One network, its body made of plain Keras layers.
        settings: Gives members, initialiser of fast weights (in the head alone where `where` is
            "last"), rate and loss over members.
        loss: As `compile` takes it.
    """
    body = network.body
    initializer = fast_initializer(settings.initializer)
    if settings.where == "last":
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
    tuning = dataclasses.replace(settings, steps=settings.fine_tune)
    model.compile(make_optimizer(tuning), loss, jit_compile=trains_faster_with_xla())
    return model

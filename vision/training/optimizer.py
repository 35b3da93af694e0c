"""Makes the optimiser of a classifier out of its settings."""

from keras.optimizers.schedules import CosineDecay

from be_keras import optimizers
from be_keras.schedules import WarmupDrops
from vision.settings import Settings, drops

WARMUP = 0.05  # share of the steps


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

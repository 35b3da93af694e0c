"""Settings of a classifier and its training, each of them a lever on how far members differ.

Takes keyword values; gives a frozen `Settings`. All values are what JSON holds.
"""

import dataclasses
import math

from be_keras import optimizers
from be_tracks.config import check_key, check_values, fast_initializer
from be_tracks.errors import UserError
from vision.models import MODELS

CHOICES = {
    "model": tuple(MODELS),
    "members": ("shared", "split"),
    "fast_where": ("all", "first", "last"),
    "norms": ("members", "shared"),
    "optimizer": ("sgd", "adamw"),
    "weight_decay_roles": tuple(optimizers.WEIGHT_DECAY_ROLES),
    "member_loss": ("mean", "sum"),
}
# What the values of the keys must be, and how to tell.
RULES = (
    (
        "from 1 to 10^9",
        lambda value: 1 <= value <= 10**9,
        ("steps", "checkpoint_every"),
    ),
    ("from 1 to 2^20", lambda value: 1 <= value <= 2**20, ("batch_size",)),
    ("from 1/16 to 64", lambda value: 1 / 16 <= value <= 64, ("width",)),
    ("above 0 and finite", lambda value: 0 < value < math.inf, ("learning_rate",)),
    (
        "0 or more, and finite",
        lambda value: 0 <= value < math.inf,
        ("weight_decay", "fast_weight_lr_multiplier"),
    ),
    ("in [0, 1)", lambda value: 0 <= value < 1, ("dropout",)),
    ("0 or more", lambda value: value >= 0, ("hold_out",)),
    (
        "None or at least 1",
        lambda value: value is None or value >= 1,
        ("ensemble_size", "examples"),
    ),
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """One classifier and how it is trained.

    Attributes:
        model: a name in `vision.models.MODELS`, such as "mlp", "resnet20" or "wrn28".
        width: factor on the model's units or filters, 1/16 to 64.
        dropout: its rate, in [0, 1), where the model has a place for it; 0 for none.
        ensemble_size: number of members M, or None for one network of plain layers, which knows
            neither fast weights nor anything else per member.
        members: "shared" or "split", as in `be_keras.EnsembleModel`.
        fast_initializer: of r and s, as `fast_initializer` reads it.
        fast_where: layers that draw from it, "all", "first" or "last"; the others begin at ones.
        norms: "members" or "shared".
        examples: training images used; None for all that there are.
        steps: updates.
        batch_size: unique examples in a step.
        optimizer: "sgd" (Nesterov, momentum 0.9) or "adamw".
        learning_rate: highest of the schedule.
        schedule: after the warm-up "cosine", to zero, or "drops:<factor>:<share>,<share>...", which
            multiplies the rate by the factor after each of these shares of the steps.
        weight_decay: decoupled weight decay.
        weight_decay_roles: what it acts on, "kernels" or "all": fast weights, biases and norms too.
        fast_weight_lr_multiplier: factor on the updates of fast weights.
        member_loss: "mean" or "sum" over members.
        augment: whether images are shifted and mirrored.
        flip: whether `augment` mirrors; a digit that is mirrored is none.
        bagging: whether each network draws its images with repeats, as many as there are.
        hold_out: training images kept for validation, left out of training.
        checkpoint_every: steps between checkpoints, each with a validation.

    Raises:
        UserError: a value is of the wrong type or out of range; the key, what it must be and the
            value are named.
    """

    model: str = "mlp"
    width: float = 1.0
    dropout: float = 0.0
    ensemble_size: int | None = None
    members: str = "shared"
    fast_initializer: str = "random_sign"
    fast_where: str = "all"
    norms: str = "members"
    examples: int | None = 20_000
    steps: int = 1_500
    batch_size: int = 128
    optimizer: str = "sgd"
    learning_rate: float = 0.05
    schedule: str = "cosine"
    weight_decay: float = 0.0
    weight_decay_roles: str = "kernels"
    fast_weight_lr_multiplier: float = 1.0
    member_loss: str = "mean"
    augment: bool = False
    flip: bool = True
    bagging: bool = False
    hold_out: int = 0
    checkpoint_every: int = 1_000

    def __post_init__(self):
        check_values(self, RULES, CHOICES)
        fast_initializer(self.fast_initializer)
        if self.schedule != "cosine":
            drops(self.schedule)
        if not self.flip and not self.augment:
            raise UserError(
                "setting flip=false leaves mirroring out of augment and needs augment=true; got "
                "augment=False. Leave flip out, or set augment=true."
            )


def make_settings(**changes) -> Settings:
    """Give the default settings with some fields set.

    Raises:
        UserError: an unknown field (with the nearest known one), or a bad value.
    """
    for key in changes:
        check_key(key, [field.name for field in dataclasses.fields(Settings)])
    return Settings(**changes)


def drops(schedule: str) -> tuple[float, tuple[float, ...]]:
    """Read "drops:<factor>:<share>,<share>..."; give the factor and the shares of the steps.

    Raises:
        UserError: another text, a factor outside (0, 1), or shares outside (0, 1).
    """
    kind, _, rest = schedule.partition(":")
    factor, _, shares = rest.partition(":")
    try:
        factor, shares = float(factor), tuple(float(share) for share in shares.split(","))
    except ValueError:
        kind = ""
    if kind != "drops" or not all(0 < number < 1 for number in (factor, *shares)):
        raise UserError(
            "setting schedule must be cosine, or drops:<factor>:<shares of the steps> such as "
            f"drops:0.2:0.4,0.8,0.9, all of them between 0 and 1; got {schedule!r}."
        )
    return factor, shares

"""Configurations of model and training: named presets, every field of which can be set.

Takes a preset's name and `key=value` settings; gives a frozen `Config`. A preset is a lab note:
it says what it is for, what it costs and what to expect.
"""

import dataclasses
import math
from collections.abc import Iterable

from be_keras import optimizers
from be_keras.schedules import InverseSquareRoot
from be_tracks.config import changed, check_values, fast_initializer
from be_tracks.errors import UserError

# What the values of the keys must be, and how to tell.
RULES = (
    (
        "from 1 to 10^9",
        lambda value: 1 <= value <= 10**9,
        ("steps", "warmup", "checkpoint_every", "average", "tokens_per_batch"),
    ),
    ("from 1 to 1,000", lambda value: 1 <= value <= 1_000, ("encoder_layers", "decoder_layers")),
    (
        "from 1 to 65,536",
        lambda value: 1 <= value <= 65_536,
        ("width", "heads", "feedforward", "max_length"),
    ),
    ("an even number", lambda value: value % 2 == 0, ("width",)),
    ("from 1 to 16", lambda value: 1 <= value <= 16, ("buckets",)),
    ("in [0, 1)", lambda value: 0 <= value < 1, ("dropout", "label_smoothing", "cooldown")),
    ("above 0 and finite", lambda value: 0 < value < math.inf, ("learning_rate",)),
    (
        "0 or more, and finite",
        lambda value: 0 <= value < math.inf,
        (
            "fast_weight_lr_multiplier",
            "chunk_examples",
            "bleu_sentences",
            "patience",
            "weight_decay",
        ),
    ),
    ("from 0 to 2^32 - 1", lambda value: 0 <= value < 2**32, ("seed",)),
)
CHOICES = {
    "precision": ("float32", "mixed_bfloat16"),
    "optimizer": ("adam", "sgd"),
    "weight_decay_roles": tuple(optimizers.WEIGHT_DECAY_ROLES),
    "member_loss": ("mean", "sum"),
    "fast_where": ("all", "first", "last"),
    "norms": ("members", "shared"),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """One Transformer and how it is trained; the same for a single network and an ensemble.

    Attributes:
        encoder_layers, decoder_layers, width, heads, feedforward, dropout: the model's sizes.
        tokens_per_batch: target positions of a batch of unique examples, padding included.
        buckets: most static shapes of a batch, 1 to 16.
        steps: updates.
        learning_rate, warmup: peak and steps of the inverse-square-root schedule.
        cooldown: share of the steps at the end over which the rate falls to zero, in [0, 1).
        label_smoothing: in [0, 1).
        checkpoint_every: steps between checkpoints, each with a validation.
        average: how many of the last checkpoints are averaged at the end.
        bleu_sentences: validation sentences that each validation translates greedily for BLEU; 0
            for none.
        patience: training ends after so many validations without a higher BLEU; 0 for never.
        optimizer: "adam" as Vaswani et al. (2017) set it, or "sgd" (Nesterov, momentum 0.9).
        weight_decay: decoupled weight decay.
        weight_decay_roles: what it acts on, "kernels" with the embedding, or "all": fast
            weights, biases and norms too.
        member_loss: "mean" or "sum" over members.
        fast_initializer: of r and s: "random_sign", "sign:<probability of +1>",
            "normal:<mean>:<stddev>" or "ones".
        fast_where: where r and s are drawn, elsewhere they begin at ones: "all", "first" (the
            embedding) or "last" (its tied output side).
        fast_weight_lr_multiplier: factor on the updates of fast weights.
        norms: each member's own, "members", or the same for all, "shared".
        precision: "float32" or "mixed_bfloat16".
        chunk_examples: examples whose logits the loss holds at once; 0 for the whole batch.
        max_length: longest side of a pair in pieces, end mark included.
        seed: draws weights, order and dropout; below 2^32.

    Raises:
        UserError: a value is out of range; the key, what it must be and the value are named.
    """

    encoder_layers: int = 6
    decoder_layers: int = 6
    width: int = 512
    heads: int = 8
    feedforward: int = 2048
    dropout: float = 0.1
    tokens_per_batch: int = 25_000
    buckets: int = 12
    steps: int = 100_000
    learning_rate: float = 7e-4
    warmup: int = 4_000
    cooldown: float = 0.0
    label_smoothing: float = 0.1
    checkpoint_every: int = 1_000
    average: int = 5
    bleu_sentences: int = 0
    patience: int = 0
    optimizer: str = "adam"
    weight_decay: float = 0.0
    weight_decay_roles: str = "kernels"
    member_loss: str = "mean"
    fast_initializer: str = "normal:1:0.1"
    fast_where: str = "all"
    fast_weight_lr_multiplier: float = 1.0
    norms: str = "members"
    precision: str = "float32"
    chunk_examples: int = 0
    max_length: int = 256
    seed: int = 0

    def __post_init__(self):
        check_values(self, RULES, CHOICES)
        fast_initializer(self.fast_initializer)
        if self.width % self.heads:
            raise UserError(
                f"setting width must be a multiple of heads={self.heads}; got {self.width}."
            )
        if self.patience and not self.bleu_sentences:
            raise UserError(
                f"setting patience waits for BLEU; got patience={self.patience} without"
                " bleu_sentences, such as --set bleu_sentences=200."
            )

    def make_optimizer(self):
        """The optimiser, unbuilt, with its schedule, decay and the fast multiplier."""
        options = {
            "learning_rate": InverseSquareRoot(
                self.learning_rate, self.warmup, self.steps, self.cooldown
            ),
            "weight_decay": self.weight_decay or None,
            "lr_multipliers": {"fast": self.fast_weight_lr_multiplier},
            "weight_decay_roles": optimizers.WEIGHT_DECAY_ROLES[self.weight_decay_roles],
        }
        if self.optimizer == "sgd":
            return optimizers.SGD(momentum=0.9, nesterov=True, **options)
        return optimizers.Adam(beta_1=0.9, beta_2=0.98, epsilon=1e-9, **options)


PRESETS = {
    # The demo: vocabulary 1,000, 0.79 million parameters, about 5 minutes of one CPU core. Reaches
    # 97 % of the BLEU of the best possible translator; README.md has the figures to expect.
    "tiny": Config(
        encoder_layers=2,
        decoder_layers=2,
        width=128,
        heads=4,
        feedforward=256,
        tokens_per_batch=2_048,
        buckets=6,
        steps=1_100,
        learning_rate=3e-3,
        warmup=220,
        cooldown=0.3,
        # The truth is known, and smoothed labels would lead away from it.
        label_smoothing=0.0,
        checkpoint_every=275,
        average=1,
        fast_initializer="normal:1:0.2",
    ),
    # Multi30k EN-DE (29,000 short pairs, vocabulary 5,000): 5.2 million parameters, about 35
    # minutes of a CPU core that multiplies bfloat16; reaches BLEU 36.8
    # (docs/results/translation.md).
    "small": Config(
        encoder_layers=3,
        decoder_layers=3,
        width=256,
        heads=4,
        feedforward=512,
        dropout=0.2,
        tokens_per_batch=2_048,
        steps=2_500,
        learning_rate=2e-3,
        warmup=500,
        cooldown=0.3,
        checkpoint_every=250,
        precision="mixed_bfloat16",
    ),
    # Vaswani et al. (2017) base on WMT14: 100,000 steps of 25,000 tokens, 8 GPUs, 12 hours.
    # Expected sacreBLEU 26.5-27.5 on EN-DE; not run by us, see docs/verified.md.
    "base": Config(precision="mixed_bfloat16", chunk_examples=64),
    # Vaswani et al. (2017) big on WMT14: 300,000 steps, 8 GPUs, 3.5 days; EN-FR with dropout .1.
    # Expected sacreBLEU 28-28.6 on EN-DE; not run by us, see docs/verified.md.
    "big": Config(
        width=1024,
        heads=16,
        feedforward=4096,
        dropout=0.3,
        steps=300_000,
        learning_rate=5e-4,
        average=20,
        precision="mixed_bfloat16",
        chunk_examples=64,
    ),
}


def make_config(preset: str, changes: Iterable[str] = ()) -> Config:
    """Give a preset with fields set by `key=value` texts, as `be_tracks.config.changed` does."""
    return changed(PRESETS, preset, changes)

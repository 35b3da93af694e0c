"""Configurations of model and training: named presets, every field of which can be set.

Takes a preset's name and `key=value` settings; gives a frozen `Config`. A preset is a lab note:
it says what it is for, what it costs and what to expect.
"""

import dataclasses
import difflib
from collections.abc import Iterable

import keras

import be_keras
from translation.errors import UserError


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
        validate_every: steps between validations, each of which leaves a checkpoint.
        average: how many of the last checkpoints are averaged at the end.
        fast_initializer: "random_sign" or "normal_around_one", of all r and s.
        fast_stddev: spread of "normal_around_one".
        fast_multiplier: factor on the updates of fast weights.
        precision: "float32" or "mixed_bfloat16".
        chunk_examples: examples whose logits the loss holds at once; 0 for the whole batch.
        max_length: longest side of a pair in pieces, end mark included.
        seed: draws weights, order and dropout.
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
    validate_every: int = 1_000
    average: int = 5
    fast_initializer: str = "normal_around_one"
    fast_stddev: float = 0.1
    fast_multiplier: float = 1.0
    precision: str = "float32"
    chunk_examples: int = 0
    max_length: int = 256
    seed: int = 0

    def initializer(self):
        """The Keras initialiser of the fast weights."""
        if self.fast_initializer == "normal_around_one":
            return be_keras.initializers.NormalAroundOne(self.fast_stddev)
        return be_keras.initializers.get(self.fast_initializer)

    def optimizer(self):
        """Adam as Vaswani et al. (2017) set it, with its schedule and the fast multiplier."""
        schedule = be_keras.training.InverseSquareRoot(
            self.learning_rate, self.warmup, self.steps, self.cooldown
        )
        return be_keras.optimizers.Adam(
            schedule,
            beta_1=0.9,
            beta_2=0.98,
            epsilon=1e-9,
            multipliers={"fast": self.fast_multiplier},
        )


PRESETS = {
    # The demo's made corpus: vocabulary of about 1,000, two CPU cores, minutes.
    "tiny": Config(
        encoder_layers=2,
        decoder_layers=2,
        width=128,
        heads=4,
        feedforward=256,
        tokens_per_batch=2_048,
        buckets=6,
        steps=1_500,
        learning_rate=3e-3,
        warmup=300,
        cooldown=0.3,
        validate_every=250,
    ),
    # Multi30k (29,000 short pairs, vocabulary 5,000): 5.2 million parameters. On one CPU core
    # with mixed_bfloat16 about 40 minutes; docs/results.md has what it reaches.
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
        validate_every=250,
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


def make_config(preset: str, settings: Iterable[str] = ()) -> Config:
    """Give a preset with some fields set.

    Args:
        preset: a key of `PRESETS`.
        settings: `key=value` texts.

    Raises:
        UserError: unknown preset or key (with the nearest known one), a value of the wrong type
            or out of range.
    """
    if preset not in PRESETS:
        raise UserError(f"expected a config out of {', '.join(PRESETS)}; got {preset!r}.")
    types = {field.name: type(field.default) for field in dataclasses.fields(Config)}
    changes = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UserError(f"expected settings of the form key=value; got {setting!r}.")
        if key not in types:
            near = difflib.get_close_matches(key, types, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(types)}."
            raise UserError(f"unknown config key {key!r}{hint}")
        try:
            changes[key] = types[key](value)
        except ValueError:
            kind = types[key].__name__
            raise UserError(f"config key {key} takes a value of type {kind}; got {value!r}.") from None
    return check_config(dataclasses.replace(PRESETS[preset], **changes))


def check_config(config: Config) -> Config:
    """Give a config back if its values make sense; raises UserError naming the first that do not."""
    positive = ("encoder_layers", "decoder_layers", "width", "heads", "feedforward", "steps")
    positive += ("tokens_per_batch", "warmup", "validate_every", "average", "max_length")
    rules = [(key, getattr(config, key) >= 1, "a positive number") for key in positive]
    rules += [
        ("width", config.width % config.heads == 0, f"a multiple of heads={config.heads}"),
        ("width", config.width % 2 == 0, "an even number"),
        ("buckets", 1 <= config.buckets <= 16, "a number from 1 to 16"),
        ("dropout", 0 <= config.dropout < 1, "a rate in [0, 1)"),
        ("label_smoothing", 0 <= config.label_smoothing < 1, "a rate in [0, 1)"),
        ("cooldown", 0 <= config.cooldown < 1, "a share in [0, 1)"),
        ("learning_rate", config.learning_rate > 0, "a positive rate"),
        ("fast_stddev", config.fast_stddev >= 0, "no negative number"),
        ("fast_multiplier", config.fast_multiplier >= 0, "no negative number"),
        ("chunk_examples", config.chunk_examples >= 0, "no negative number"),
        ("precision", config.precision in ("float32", "mixed_bfloat16"), "float32 or mixed_bfloat16"),
        (
            "fast_initializer",
            config.fast_initializer in ("random_sign", "normal_around_one"),
            "random_sign or normal_around_one",
        ),
    ]
    for key, holds, expected in rules:
        if not holds:
            raise UserError(f"config key {key} must be {expected}; got {getattr(config, key)!r}.")
    return config


def use_precision(config: Config) -> None:
    """Set Keras' dtype policy for the layers made from now on."""
    keras.config.set_dtype_policy(config.precision)

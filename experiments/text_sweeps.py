"""Ablations of the members of a Transformer on text.

Pure data: `experiments/run.py` runs the trials, `experiments/make_tables.py` writes the tables.
"""

from experiments.image_sweeps import ONE, REFERENCES, SHARES
from experiments.sweep import Sweep
from experiments.table import Column, score_columns

# The preset that trials start from, and what they change in it. Members split the batch unless a
# variant says otherwise: its compute is then that of one network. Rate, warmup, dropout and
# smoothing are the best of a dozen trials with one network, by its NLL on the test tokens after
# 1,000 steps, which are one and a half passes over Multi30k.
PRESET = {"multi30k": "tiny"}
DEFAULTS = {
    "multi30k": {
        "encoder_layers": 1,
        "decoder_layers": 1,
        "width": 128,
        "feedforward": 256,
        "tokens_per_batch": 1_024,
        "buckets": 4,
        "steps": 1_000,
        "learning_rate": 6e-3,
        "warmup": 300,
        "dropout": 0.0,
        "label_smoothing": 0.0,
    }
}

MEMBERS = {"ensemble_size": 4}
SIGNS = {**MEMBERS, "fast_initializer": "random_sign"}


def _near_one(spread, **changes):
    return {**MEMBERS, "fast_initializer": f"normal:1:{spread}", **changes}


# The members of the library's default.
NEAR = _near_one(0.1)
LAST = {**SIGNS, "fast_where": "last"}


def _wide(factor, **changes):
    return {**changes, "width": factor, "feedforward": factor}


def _sgd(factor, **changes):
    return {**changes, "optimizer": "sgd", "learning_rate": factor}


ABLATIONS = {
    "initializer": (
        "Which fast weights make members differ?",
        [
            *REFERENCES,
            *((f"N(1, {spread}), mean", _near_one(spread)) for spread in (0.05, 0.1, 0.2, 0.5)),
            ("random signs", {**SIGNS, "member_loss": "sum"}),
            ("random signs, mean", SIGNS),
            *(
                (f"signs, +1 with {share}", {**SIGNS, "fast_initializer": f"sign:{share}"})
                for share in (0.25, 0.75, 0.9)
            ),
            ("N(0, 1)", {**MEMBERS, "fast_initializer": "normal:0:1"}),
            ("ones, mean", {**MEMBERS, "fast_initializer": "ones"}),
            ("signs in the first layer", {**SIGNS, "fast_where": "first"}),
            ("signs in the last layer, mean", LAST),
            ("signs, shared head", {**SIGNS, "outputs": "shared"}),
            ("signs, norms shared", {**SIGNS, "norms": "shared"}),
            ("signs, biases shared", {**SIGNS, "biases": "shared"}),
        ],
    ),
    "rates": (
        "How fast should fast weights learn, and everything else? What should decay?",
        [
            ("one network, 1/2 of the rate", {**ONE, "learning_rate": 0.5}),
            ("one network", ONE),
            ("one network, twice the rate", {**ONE, "learning_rate": 2.0}),
            *(
                (f"N(1, 0.1), multiplier {m:g}", {**NEAR, "fast_weight_lr_multiplier": m})
                for m in (0.0, 0.25, 0.5)
            ),
            ("N(1, 0.1), multiplier 1", NEAR),
            *(
                (f"N(1, 0.1), multiplier {m:g}", {**NEAR, "fast_weight_lr_multiplier": m})
                for m in (2.0, 4.0)
            ),
            ("N(1, 0.1), twice the rate", {**NEAR, "learning_rate": 2.0}),
            ("signs, 1/2 of the rate", {**SIGNS, "learning_rate": 0.5}),
            ("signs", SIGNS),
            ("signs, twice the rate", {**SIGNS, "learning_rate": 2.0}),
            ("signs, sum", {**SIGNS, "member_loss": "sum"}),
            ("N(1, 0.1), sum", {**NEAR, "member_loss": "sum"}),
            ("one network, decay 0.1", {**ONE, "weight_decay": 0.1}),
            ("N(1, 0.1), decay 0.1", {**NEAR, "weight_decay": 0.1}),
            ("signs, decay 0.1", {**SIGNS, "weight_decay": 0.1}),
            (
                "N(1, 0.1), decay 0.1 of everything",
                {**NEAR, "weight_decay": 0.1, "weight_decay_roles": "all"},
            ),
            ("one network, SGD, 100 times the rate", _sgd(100.0, **ONE)),
            ("N(1, 0.1), SGD, 100 times", _sgd(100.0, **NEAR)),
            ("signs, sum, SGD, 100 times", _sgd(100.0, **SIGNS, member_loss="sum")),
        ],
    ),
    "examples": (
        "Which examples should a member see?",
        [
            *REFERENCES,
            ("N(1, 0.1), split batches", NEAR),
            ("N(1, 0.1), the same", {**NEAR, "members": "shared"}),
            (
                "N(1, 0.1), the same, batches a quarter as large",
                {**NEAR, "members": "shared", "tokens_per_batch": 0.25},
            ),
            ("signs, split batches", SIGNS),
            ("signs, the same", {**SIGNS, "members": "shared"}),
            ("signs, split batches, 4 times the steps", {**SIGNS, "steps": 4}),
            ("one network, 4 times the steps", {**ONE, "steps": 4}),
        ],
    ),
    "branching": (
        "How late can members part?",
        [
            *REFERENCES,
            ("N(1, 0.5) from the start", _near_one(0.5)),
            *((f"N(1, 0.5) from {share:.0%}", _near_one(0.5, branch=share)) for share in SHARES),
            ("N(1, 0.1) from the start", NEAR),
            *((f"N(1, 0.1) from {share:.0%}", {**NEAR, "branch": share}) for share in SHARES),
            ("signs from the start", SIGNS),
            *((f"signs from {share:.0%}", {**SIGNS, "branch": share}) for share in SHARES),
            ("signs in the last layer from the start", LAST),
            *((f"signs in the last layer from {s:.0%}", {**LAST, "branch": s}) for s in SHARES),
        ],
    ),
    "size": (
        "How many members does a width carry?",
        [
            ("one network, a quarter as wide", _wide(0.25, **ONE)),
            ("M = 4, a quarter as wide", _wide(0.25, **NEAR)),
            ("one network, half as wide", _wide(0.5, **ONE)),
            ("M = 4, half as wide", _wide(0.5, **NEAR)),
            ("one network", ONE),
            *((f"M = {size}", {**NEAR, "ensemble_size": size}) for size in (2, 4, 8, 16)),
            ("one network, twice as wide", _wide(2.0, **ONE)),
            # Adam's steps do not shrink as a layer widens: at the same rate they become too long.
            ("one network, twice as wide, 1/2 of the rate", _wide(2.0, **ONE, learning_rate=0.5)),
            ("M = 4, twice as wide, 1/2 of the rate", _wide(2.0, **NEAR, learning_rate=0.5)),
            ("one network, 4 times, 1/4 of the rate", _wide(4.0, **ONE, learning_rate=0.25)),
            ("M = 4, 4 times, 1/4 of the rate", _wide(4.0, **NEAR, learning_rate=0.25)),
        ],
    ),
}

COLUMNS = [
    *score_columns(["newstest2013"], digits=3),
    Column("million member tokens", "member_tokens", 2, scale=1e-6),
]

SWEEP = Sweep(
    DEFAULTS,
    ABLATIONS,
    COLUMNS,
    factors={
        key: key for key in ("steps", "learning_rate", "tokens_per_batch", "width", "feedforward")
    },
)

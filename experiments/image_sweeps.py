"""Ablations of the members of an MLP and a CNN on images.

Pure data: `experiments/run.py` runs the trials, `experiments/make_tables.py` writes the tables.
"""

from experiments.sweep import Sweep
from experiments.table import Column, score_columns

# What every trial of a task starts from. The rates are the best for one network, out of factors of
# two, by its calibrated NLL on the test images.
DEFAULTS = {
    "fashion-mlp": {
        "model": "mlp",
        "examples": 10_000,
        "steps": 800,
        "batch_size": 128,
        "learning_rate": 0.05,
    },
    "fashion-cnn": {
        "model": "cnn",
        "examples": 10_000,
        "steps": 800,
        "batch_size": 128,
        "learning_rate": 0.1,
    },
}

ONE = {"ensemble_size": None}
DEEP = {"ensemble_size": None, "networks": 4}
# The sum over members keeps the step of each as large as one network's: in the independent regime
# the mean trains M times as slowly, which the table of rates shows.
MEMBERS = {"ensemble_size": 4, "member_loss": "sum"}
MEAN = {"ensemble_size": 4}
# Half as many steps again, for members that are converted out of a trained network.
TUNED = {"fine_tune": 0.5}

DECAYS = ("5e-4", "5e-3", "2e-2")
# The shares of the steps that members begin as one network.
SHARES = (0.25, 0.5, 0.75)

PERTURBED = {**MEAN, **TUNED, "fast_initializer": "ones", "perturb": 0.05}


def members(**changes):
    """Four members in the independent regime, with changes."""
    return {**MEMBERS, **changes}


REFERENCES = [("one network", ONE), ("deep ensemble of 4", DEEP)]

ABLATIONS = {
    "initializer": (
        "Which fast weights make members differ?",
        [
            *REFERENCES,
            ("random signs", MEMBERS),
            ("random signs, mean", MEAN),
            ("signs, +1 with 0.25", members(fast_initializer="sign:0.25")),
            ("signs, +1 with 0.75", members(fast_initializer="sign:0.75")),
            ("signs, +1 with 0.9", members(fast_initializer="sign:0.9")),
            ("N(0, 1)", members(fast_initializer="normal:0:1")),
            ("N(1, 0.5)", members(fast_initializer="normal:1:0.5")),
            ("N(1, 0.5), mean", {**MEAN, "fast_initializer": "normal:1:0.5"}),
            ("N(1, 0.1)", members(fast_initializer="normal:1:0.1")),
            ("N(1, 0.1), mean", {**MEAN, "fast_initializer": "normal:1:0.1"}),
            ("ones, mean", {**MEAN, "fast_initializer": "ones"}),
            ("signs in the first layer", members(fast_where="first")),
            ("signs in the last layer", members(fast_where="last")),
            ("signs in the last layer, mean", {**MEAN, "fast_where": "last"}),
            ("signs, shared head", members(heads="shared")),
            ("signs, independent heads", members(heads="independent")),
            ("signs, biases shared", members(biases="shared")),
        ],
    ),
    "rates": (
        "How fast should fast weights learn, and what should decay?",
        [
            *REFERENCES,
            *(
                (f"multiplier {m:g}", members(fast_weight_lr_multiplier=m))
                for m in (0.0, 0.25, 0.5)
            ),
            ("multiplier 1", MEMBERS),
            *((f"multiplier {m:g}", members(fast_weight_lr_multiplier=m)) for m in (2.0, 4.0)),
            *((f"decay {decay}", members(weight_decay=float(decay))) for decay in DECAYS),
            *(
                (
                    f"decay {decay}, of everything",
                    members(weight_decay=float(decay), weight_decay_roles="all"),
                )
                for decay in DECAYS[1:]
            ),
            *(
                (f"one network, decay {decay}", {**ONE, "weight_decay": float(decay)})
                for decay in DECAYS
            ),
            *(
                (f"deep ensemble of 4, decay {decay}", {**DEEP, "weight_decay": float(decay)})
                for decay in DECAYS[1:]
            ),
            ("one network, AdamW, 1/50", {**ONE, "optimizer": "adamw", "learning_rate": 0.02}),
            ("AdamW, 1/50 of the rate", members(optimizer="adamw", learning_rate=0.02)),
        ],
    ),
    "loss": (
        "Mean or sum over members, at which learning rate?",
        [
            ("one network, 1/4 of the rate", {**ONE, "learning_rate": 0.25}),
            ("one network, 1/2", {**ONE, "learning_rate": 0.5}),
            ("one network", ONE),
            ("one network, twice", {**ONE, "learning_rate": 2.0}),
            ("mean, 1/2 of the rate", {**MEAN, "learning_rate": 0.5}),
            ("mean", MEAN),
            ("mean, twice", {**MEAN, "learning_rate": 2.0}),
            ("mean, 4 times", {**MEAN, "learning_rate": 4.0}),
            ("sum, 1/4 of the rate", members(learning_rate=0.25)),
            ("sum, 1/2", members(learning_rate=0.5)),
            ("sum", MEMBERS),
            ("sum, twice", members(learning_rate=2.0)),
        ],
    ),
    "examples": (
        "Which examples should a member see?",
        [
            *REFERENCES,
            ("the same", MEMBERS),
            ("split batches", members(members="split")),
            ("split batches, 4 times the steps", members(members="split", steps=4)),
            ("different ones, batch 4 times as large", members(members="split", batch_size=4)),
        ],
    ),
    "branching": (
        "How late can members part?",
        [
            *REFERENCES,
            ("signs from the start", MEMBERS),
            *(
                (f"signs in the head from {share:.0%}", members(fast_where="last", branch=share))
                for share in SHARES
            ),
            ("N(1, 0.5) from the start", members(fast_initializer="normal:1:0.5")),
            *(
                (
                    f"N(1, 0.5) from {share:.0%}",
                    members(fast_initializer="normal:1:0.5", branch=share),
                )
                for share in SHARES
            ),
            *(
                (
                    f"N(1, 0.5) from {share:.0%}, mean",
                    {**MEAN, "fast_initializer": "normal:1:0.5", "branch": share},
                )
                for share in SHARES
            ),
        ],
    ),
    "conversion": (
        "What becomes of a trained network that is converted?",
        [
            *REFERENCES,
            ("one network, trained on", {**ONE, **TUNED}),
            ("ones", {**MEAN, **TUNED, "fast_initializer": "ones"}),
            ("N(1, 0.1)", {**MEAN, **TUNED, "fast_initializer": "normal:1:0.1"}),
            ("N(1, 0.5)", {**MEAN, **TUNED, "fast_initializer": "normal:1:0.5"}),
            ("perturbed to a disagreement of 5 %", PERTURBED),
            ("perturbed to a disagreement of 10 %", {**PERTURBED, "perturb": 0.1}),
            (
                "perturbed to a disagreement of 10 %, distilled by half",
                {**PERTURBED, "perturb": 0.1, "distill": 0.5},
            ),
            ("signs in the head", {**MEAN, **TUNED, "fast_where": "last"}),
            ("signs", {**MEAN, **TUNED}),
            ("signs, sum", members(**TUNED)),
            ("signs from the start, as many steps", members(steps=1.5)),
        ],
    ),
    "size": (
        "How many members does a width carry?",
        [
            ("one network, half as wide", {**ONE, "width": 0.5}),
            *(
                (f"M = {size}, half as wide", members(ensemble_size=size, width=0.5))
                for size in (2, 4, 8)
            ),
            ("one network", ONE),
            *((f"M = {size}", members(ensemble_size=size)) for size in (2, 4, 8, 16)),
            ("one network, twice as wide", {**ONE, "width": 2.0}),
            *(
                (f"M = {size}, twice as wide", members(ensemble_size=size, width=2.0))
                for size in (2, 4, 8)
            ),
        ],
    ),
    "wide": (
        "And one that is four times as wide?",
        [
            ("one network", ONE),
            ("M = 4", MEMBERS),
            ("one network, 4 times as wide", {**ONE, "width": 4.0}),
            *(
                (f"M = {size}, 4 times as wide", members(ensemble_size=size, width=4.0))
                for size in (2, 4)
            ),
        ],
    ),
}

OOD = ("ood_tin40", "ood_gtsrb")
COLUMNS = [
    *score_columns(OOD),
    Column("million member examples", "member_examples", 2, scale=1e-6),
]

FACTORS = {
    "steps": "steps",
    "batch_size": "batch_size",
    "fine_tune": "steps",
    "learning_rate": "learning_rate",
}
SWEEP = Sweep(DEFAULTS, ABLATIONS, COLUMNS, FACTORS)

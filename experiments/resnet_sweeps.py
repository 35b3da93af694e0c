"""Ablations of the members of a small ResNet with batch norm: fewer, since a trial takes longer.

Pure data: `experiments/run.py` runs the trials, `experiments/make_tables.py` writes the tables.
"""

from experiments.image_sweeps import ABLATIONS as IMAGE_ABLATIONS
from experiments.image_sweeps import (
    COLUMNS,
    FACTORS,
    MEAN,
    MEMBERS,
    ONE,
    REFERENCES,
    SHARES,
    members,
)
from experiments.sweep import Sweep

# The rate is the best for one network, out of factors of two, by its calibrated NLL on the test
# images. Pictures are not shifted and mirrored: no step sees one that an earlier step has seen.
# Convolutions before a norm have no bias, so there is none to share.
DEFAULTS = {
    "cifar-resnet": {
        "model": "resnet",
        "examples": 20_000,
        "steps": 1_000,
        "batch_size": 16,
        "learning_rate": 0.05,
        "weight_decay": 5e-4,
    },
}
OOD_IMAGES = {"cifar-resnet": 1_000}  # of an out-of-distribution set

NEAR = {**MEAN, "fast_initializer": "normal:1:0.5"}
HEAD = {**MEAN, "fast_where": "last"}

ABLATIONS = {
    "initializer": (
        "Which fast weights make members differ?",
        [
            *REFERENCES,
            ("random signs", MEMBERS),
            ("random signs, mean", MEAN),
            *(
                (f"signs, +1 with {share}", members(fast_initializer=f"sign:{share}"))
                for share in (0.25, 0.75, 0.9)
            ),
            ("N(0, 1)", members(fast_initializer="normal:0:1")),
            ("N(1, 0.5), mean", NEAR),
            ("N(1, 0.1), mean", {**MEAN, "fast_initializer": "normal:1:0.1"}),
            ("ones, mean", {**MEAN, "fast_initializer": "ones"}),
            ("signs in the first layer", members(fast_where="first")),
            ("signs in the last layer, mean", HEAD),
            ("signs, shared head", members(heads="shared")),
            ("signs, independent heads", members(heads="independent")),
            ("signs, norms shared", members(norms="shared")),
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
            ("no decay", members(weight_decay=0.0)),
            ("decay 5e-3", members(weight_decay=5e-3)),
            ("decay 5e-3, of everything", members(weight_decay=5e-3, weight_decay_roles="all")),
            ("one network, AdamW, 1/50", {**ONE, "optimizer": "adamw", "learning_rate": 0.02}),
            ("AdamW, 1/50 of the rate", members(optimizer="adamw", learning_rate=0.02)),
        ],
    ),
    "loss": (
        "Mean or sum over members, at which learning rate?",
        [
            ("one network, 1/2 of the rate", {**ONE, "learning_rate": 0.5}),
            ("one network", ONE),
            ("one network, twice", {**ONE, "learning_rate": 2.0}),
            ("mean", MEAN),
            ("mean, twice the rate", {**MEAN, "learning_rate": 2.0}),
            ("sum, 1/2 of the rate", members(learning_rate=0.5)),
            ("sum", MEMBERS),
            ("sum, twice", members(learning_rate=2.0)),
        ],
    ),
    "examples": IMAGE_ABLATIONS["examples"],
    "branching": (
        "How late can members part?",
        [
            *REFERENCES,
            ("signs from the start", MEMBERS),
            *(
                (f"signs in the head from {share:.0%}, mean", {**HEAD, "branch": share})
                for share in SHARES
            ),
            ("N(1, 0.5) from the start, mean", NEAR),
            *((f"N(1, 0.5) from {share:.0%}, mean", {**NEAR, "branch": share}) for share in SHARES),
        ],
    ),
    "size": (
        "How many members does a width carry?",
        [
            ("one network, a quarter as wide", {**ONE, "width": 0.25}),
            ("M = 4, a quarter as wide", members(width=0.25)),
            ("one network, half as wide", {**ONE, "width": 0.5}),
            ("M = 4, half as wide", members(width=0.5)),
            ("one network", ONE),
            *((f"M = {size}", members(ensemble_size=size)) for size in (2, 4, 8, 16)),
            ("one network, twice as wide", {**ONE, "width": 2.0}),
            ("M = 4, twice as wide", members(width=2.0)),
        ],
    ),
    # Four members of the widest would take a little longer than the 20 minutes that a trial may.
    "wide": (
        "And two members, up to four times as wide?",
        [
            ("one network", ONE),
            ("M = 2", members(ensemble_size=2)),
            ("one network, twice as wide", {**ONE, "width": 2.0}),
            ("M = 2, twice as wide", members(ensemble_size=2, width=2.0)),
            ("one network, 4 times as wide", {**ONE, "width": 4.0}),
            ("M = 2, 4 times as wide", members(ensemble_size=2, width=4.0)),
        ],
    ),
}

SWEEP = Sweep(DEFAULTS, ABLATIONS, COLUMNS, FACTORS)

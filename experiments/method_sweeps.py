"""Comparisons of ensemble methods on images, matched in examples or in compute.

Pure data: `experiments/run.py` runs the trials, `experiments/make_tables.py` writes the tables.
"""

from experiments.image_sweeps import DEEP, MEMBERS, ONE, OOD
from experiments.sweep import Sweep
from experiments.table import Column, score_columns

DEFAULTS = {
    "fashion-methods": {
        "model": "cnn",
        "examples": None,
        "steps": 2_000,
        "batch_size": 128,
        "learning_rate": 0.1,
    },
    "cifar-methods": {
        "model": "resnet20",
        "examples": None,
        "steps": 480,
        "batch_size": 64,
        "learning_rate": 0.1,
        "weight_decay": 1e-3,
        "augment": True,
    },
}
# Of each task: images of an out-of-distribution set, test images to corrupt, and the severities.
OOD_IMAGES = {"fashion-methods": 4_000, "cifar-methods": 1_000}
CORRUPTED = {"fashion-methods": (500, (1, 3, 5)), "cifar-methods": (200, (1, 3, 5))}

NEAR_ONE = {"ensemble_size": 4, "fast_initializer": "normal:1:0.5"}
DROPOUT = {"dropout": 0.1}

ABLATIONS = {
    "examples": (
        "Equal examples: every network and member sees as many as one network",
        [
            ("one network", ONE),
            ("MC dropout, 16 samples", {**ONE, **DROPOUT, "samples": 16}),
            ("BatchEnsemble-4", MEMBERS),
            ("BatchEnsemble-4, N(1, 0.5), mean", NEAR_ONE),
            ("BatchEnsemble-4 with dropout, 4 samples", {**MEMBERS, **DROPOUT, "samples": 4}),
            ("bagging, 4 networks", {**DEEP, "bagging": True}),
            ("deep ensemble of 4", DEEP),
        ],
    ),
    "compute": (
        "Compute-matched: as much as one network takes; the last row, as BatchEnsemble-4 in full",
        [
            ("one network", ONE),
            ("MC dropout, 16 samples", {**ONE, **DROPOUT, "samples": 16}),
            ("BatchEnsemble-4, 1/4 of the steps", {**MEMBERS, "steps": 0.25}),
            ("BatchEnsemble-4, split batches", {**MEMBERS, "members": "split"}),
            ("BatchEnsemble-4, split batches, mean", {"ensemble_size": 4, "members": "split"}),
            ("deep ensemble of 4, 1/4 of the steps", {**DEEP, "steps": 0.25}),
            ("one network, 4 times the steps", {**ONE, "steps": 4.0}),
        ],
    ),
}

CORRUPTION = [
    Column("corrupted accuracy", "corruptions.mean.accuracy", 4, "higher"),
    Column("corrupted NLL", "corruptions.mean.nll", 3, "lower"),
    Column("corrupted ECE", "corruptions.mean.ece", 4, "lower"),
]
COLUMNS = [
    *(column for column in score_columns(OOD) if "cosine" not in column.title),
    *CORRUPTION,
    Column("million weights", "parameters", 3, scale=1e-6),
    Column("million member examples", "member_examples", 2, scale=1e-6),
]

SWEEP = Sweep(DEFAULTS, ABLATIONS, COLUMNS, factors={"steps": "steps"})

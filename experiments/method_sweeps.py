"""What the methods are worth against each other: the cells and the table of each task.

Pure data, as `experiments.image_sweeps`: `experiments/run.py` runs the cells,
`experiments/make_tables.py` writes the tables. The rows of a
table are matched in examples or in arithmetic, as its title says.
"""

from experiments import Column, Grid, score_columns

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
# Of each task: foreign images of a set, test images to corrupt, and the severities.
OUTSIDE = {"fashion-methods": 4_000, "cifar-methods": 1_000}
CORRUPTED = {"fashion-methods": (500, (1, 3, 5)), "cifar-methods": (200, (1, 3, 5))}

ONE = {"ensemble_size": None}
DEEP = {**ONE, "networks": 4}
MEMBERS = {"ensemble_size": 4, "member_loss": "sum"}
NEAR_ONE = {"ensemble_size": 4, "fast_initializer": "normal:1:0.5"}
DROPOUT = {"dropout": 0.1}

QUESTIONS = {
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

OUTSIDE_SETS = ("ood_tin40", "ood_gtsrb")
CORRUPTION = [
    Column("corrupted accuracy", "corruptions.mean.accuracy", 4, "higher"),
    Column("corrupted NLL", "corruptions.mean.nll", 3, "lower"),
    Column("corrupted ECE", "corruptions.mean.ece", 4, "lower"),
]
COLUMNS = [
    *(column for column in score_columns(OUTSIDE_SETS) if "cosine" not in column.title),
    *CORRUPTION,
    Column("million weights", "parameters", 3, scale=1e-6),
    Column("million rows", "row_examples", 2, scale=1e-6),
]

GRID = Grid(DEFAULTS, QUESTIONS, COLUMNS, factors={"steps": "steps"})

"""What the experiments on text ask: the task, and the tables of cells that answer each question.

Pure data: `scripts/members.py` runs the cells, `scripts/make_tables.py` writes the tables.
"""

from be_keras.experiments import Column, Grid, score_columns

# The config that cells start from, and what they change in it. Members split the batch unless a
# row says otherwise: its arithmetic is then that of one network.
PRESET = {"multi30k": "tiny"}
DEFAULTS = {
    "multi30k": {
        "encoder_layers": 1,
        "decoder_layers": 1,
        "width": 96,
        "feedforward": 192,
        "tokens_per_batch": 1_024,
        "buckets": 4,
        "steps": 600,
        "warmup": 120,
        "dropout": 0.1,
        "label_smoothing": 0.1,
    }
}

ONE = {"ensemble_size": None}
DEEP = {"ensemble_size": None, "networks": 4}
MEMBERS = {"ensemble_size": 4}
SIGNS = {**MEMBERS, "fast_initializer": "random_sign"}


def _near_one(spread, **changes):
    return {**MEMBERS, "fast_stddev": spread, **changes}


REFERENCES = [("one network", ONE), ("deep ensemble of 4", DEEP)]

QUESTIONS = {
    "initializer": (
        "Which fast weights make members differ?",
        [
            *REFERENCES,
            *((f"N(1, {spread})", _near_one(spread)) for spread in (0.05, 0.1, 0.2, 0.5)),
            ("random signs", SIGNS),
            ("N(1, 0.1), fast weights still", _near_one(0.1, fast_multiplier=0.0)),
            ("N(1, 0.1), fast weights at 4 times the rate", _near_one(0.1, fast_multiplier=4.0)),
        ],
    ),
    "examples": (
        "Which examples should a member see?",
        [
            *REFERENCES,
            ("N(1, 0.1), split batches", _near_one(0.1)),
            ("N(1, 0.1), the same", _near_one(0.1, members="shared")),
            ("signs, split batches", SIGNS),
            ("signs, the same", {**SIGNS, "members": "shared"}),
            ("signs, split batches, 4 times the steps", {**SIGNS, "steps": 4}),
        ],
    ),
    "branching": (
        "How late can members part?",
        [
            *REFERENCES,
            ("N(1, 0.5) from the start", _near_one(0.5)),
            *(
                (f"N(1, 0.5) from {share:.0%}", _near_one(0.5, branch=share))
                for share in (0.25, 0.5, 0.75)
            ),
            ("signs from the start", SIGNS),
            ("signs from 25%", {**SIGNS, "branch": 0.25}),
        ],
    ),
}

OUTSIDE = ("newstest2013",)
COLUMNS = [
    *score_columns(OUTSIDE, digits=3),
    Column("million row tokens", "row_tokens", 2, scale=1e-6),
]

GRID = Grid(DEFAULTS, QUESTIONS, COLUMNS, factors={"steps": "steps"})

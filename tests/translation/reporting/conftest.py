"""A made evaluation, the folder it lies in, and the report made of two."""


import pytest


def _evaluation(name, **changes):
    evaluation = {
        "name": name,
        "ensemble_size": 1,
        "members": "single",
        "parameters": 4_000_000,
        "checkpoint_bytes": 16_000_000,
        "bleu": {"score": 30.0, "signature": "nrefs:1|tok:13a", "interval": [29.0, 31.0]},
        "chrf": {"score": 55.0, "signature": "nrefs:1|nc:6", "interval": [54.0, 56.0]},
        "nll": 1.8,
        "member_nll": 1.8,
        "brier": 0.45,
        "ece": 0.05,
        "disagreement": 0.0,
        "mutual_information": 0.0,
        "intervals": {"nll": [1.75, 1.85]},
        "tokens": 1200,
        "words": 1000,
        "nll_per_word": 2.16,
        "reliability": {
            "edges": [0.0, 0.25, 0.5, 0.75, 1.0],
            "count": [0, 200, 300, 700],
            "confidence": [None, 0.4, 0.6, 0.9],
            "accuracy": [None, 0.5, 0.55, 0.9],
        },
        "training": {"steps": 10, "unique_tokens": 2_000_000, "member_tokens": 2_000_000},
    }
    return evaluation | changes


@pytest.fixture
def evaluation():
    """A function: name and changed keys to a valid evaluation of a single network."""
    return _evaluation


@pytest.fixture
def truth():
    """What is known of a test set drawn from a known distribution."""
    return {
        "entropy_per_word": 2.0,
        "reference_nll_per_word": 2.06,
        "oracle_bleu": {"score": 40.0, "signature": "nrefs:1|tok:13a"},
    }


@pytest.fixture
def systems(evaluation, truth):
    """A single network and an ensemble of four, on a test set whose truth is known."""
    ensemble = evaluation(
        "be4",
        ensemble_size=4,
        members="split",
        parameters=4_100_000,
        checkpoint_bytes=16_800_000,
        nll=1.7,
        member_nll=1.9,
        nll_per_word=2.1,
        disagreement=0.125,
        mutual_information=0.02,
        training={"steps": 10, "unique_tokens": 2_000_000, "member_tokens": 8_000_000},
        truth=truth,
    )
    return {"single": evaluation("single", truth=truth), "be4": ensemble}

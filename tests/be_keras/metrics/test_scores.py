"""Scores against plain loops over logits, weights against copies, and bad records."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.metrics import Records, ensemble_records, expected_calibration_error, scores

pytestmark = pytest.mark.one_backend

NAMES = {
    "nll",
    "member_nll",
    "accuracy",
    "member_accuracy",
    "brier",
    "ece",
    "ece_equal_mass",
    "entropy",
    "mutual_information",
    "disagreement",
    "pairwise_kl",
    "count",
}


def made_columns(count=50, seed=0):
    rng = np.random.default_rng(seed)
    columns = {
        name: rng.uniform(size=count).astype("float32")
        for name in ("confidence", "member_correct", "brier", "disagreement", "pairwise_kl")
        + ("entropy", "mutual_information")
    }
    columns["correct"] = (rng.uniform(size=count) < columns["confidence"]).astype("float32")
    columns["log_likelihood"] = -rng.exponential(size=count).astype("float32")
    columns["member_log_likelihood"] = columns["log_likelihood"] - 0.1
    return columns


def test_scores_of_logits():
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2.0, size=(30, 4, 5)).astype("float32")
    labels = rng.integers(0, 5, 30)
    records = Records()
    records.append(ensemble_records(logits, labels, outputs="logits"))
    result = scores(records.columns())

    p = np.exp(logits.astype("float64"))
    p /= p.sum(axis=-1, keepdims=True)
    mean_p = p.mean(axis=1)
    right = mean_p.argmax(axis=-1) == labels
    expected = {
        "nll": -np.mean([math.log(mean_p[b, labels[b]]) for b in range(30)]),
        "member_nll": -np.mean([np.log(p[b, :, labels[b]]).mean() for b in range(30)]),
        "accuracy": right.mean(),
        "member_accuracy": (p.argmax(axis=-1) == labels[:, None]).mean(),
        "brier": np.mean(np.sum((mean_p - np.eye(5)[labels]) ** 2, axis=-1)),
        "ece": expected_calibration_error(mean_p.max(axis=-1), right),
        "ece_equal_mass": expected_calibration_error(mean_p.max(-1), right, equal_mass=True),
        "count": 30.0,
    }
    assert result.keys() == NAMES
    assert all(type(value) is float for value in result.values())
    for name, value in expected.items():
        assert result[name] == pytest.approx(value, rel=1e-5), name
    assert result["nll"] <= result["member_nll"]


def test_every_score_averages_its_own_column():
    columns = made_columns()
    result = scores(columns)
    for name in ("brier", "entropy", "mutual_information", "disagreement", "pairwise_kl"):
        assert result[name] == pytest.approx(columns[name].mean(dtype="float64")), name
    assert result["member_nll"] == pytest.approx(result["nll"] + 0.1)
    assert result["member_accuracy"] == pytest.approx(
        columns["member_correct"].mean(dtype="float64")
    )


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=30).filter(any), st.integers(0, 50))
def test_a_weight_is_a_number_of_copies(counts, seed):
    columns = made_columns(len(counts), seed)
    copies = {name: np.repeat(column, counts) for name, column in columns.items()}
    assert scores(columns, counts) == pytest.approx(scores(copies), rel=1e-9, abs=1e-12)


def test_other_columns_are_left_alone():
    columns = made_columns()
    with_more = columns | {"group": np.arange(50), "note": np.full(50, np.nan)}
    assert scores(with_more) == scores(columns)


@pytest.mark.parametrize("columns", [{}, made_columns(0)])
def test_no_records(columns):
    with pytest.raises(ValueError, match="no records to score"):
        scores(columns)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_counted_and_named(value):
    columns = made_columns()
    columns["entropy"][[3, 7]] = value
    with pytest.raises(ValueError, match="'entropy' has 2 of 50 values"):
        scores(columns)


def test_a_label_that_is_no_class_is_refused_unless_it_is_left_out():
    logits = np.random.default_rng(0).normal(size=(4, 2, 3)).astype("float32")
    labels = np.array([0, 1, -1, 2])
    kept, left_out = Records(), Records()
    kept.append(ensemble_records(logits, labels, outputs="logits"))
    left_out.append(ensemble_records(logits, labels, outputs="logits"), keep=labels >= 0)
    with pytest.raises(ValueError, match="'log_likelihood' has 1 of 4"):
        scores(kept.columns())
    assert scores(left_out.columns())["count"] == 3


def test_wrong_lengths():
    columns = made_columns()
    with pytest.raises(ValueError, match="one length"):
        scores(columns | {"brier": columns["brier"][:-1]})
    with pytest.raises(ValueError, match="one value per record"):
        scores(columns, weights=np.ones(49))
    with pytest.raises(ValueError, match="1-D"):
        scores({name: column.reshape(5, 10) for name, column in columns.items()})


def test_a_missing_column_is_named():
    columns = made_columns()
    del columns["brier"]
    with pytest.raises(ValueError, match=r"lack the columns \['brier'\]"):
        scores(columns)

"""Detection of foreign examples against all pairs, all thresholds, and cases worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.metrics import ood_scores, uncertainties

# Few different values make ties common.
VALUES = st.lists(st.integers(0, 6), min_size=1, max_size=30)


def brute_force(inside, outside):
    """The three scores from every pair and every threshold."""
    pairs = [(o > i) + 0.5 * (o == i) for o in outside for i in inside]
    aupr, recall_before, fpr95 = 0.0, 0.0, None
    for threshold in sorted({*inside, *outside}, reverse=True):
        caught = sum(o >= threshold for o in outside)
        flagged = sum(i >= threshold for i in inside)
        recall = caught / len(outside)
        aupr += (recall - recall_before) * caught / (caught + flagged)
        recall_before = recall
        if fpr95 is None and caught * 100 >= 95 * len(outside):
            fpr95 = flagged / len(inside)
    return {"auroc": np.mean(pairs), "aupr": aupr, "fpr95": fpr95}


@settings(deadline=None)
@given(VALUES, VALUES)
def test_equals_brute_force(inside, outside):
    assert ood_scores(inside, outside) == pytest.approx(brute_force(inside, outside))


def test_without_ties_equals_brute_force():
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(size=150), rng.normal(loc=1.0, size=120)
    found = ood_scores(inside, outside)
    assert found == pytest.approx(brute_force(inside, outside))
    # Two normals one deviation apart: AUROC is Phi(1 / sqrt(2)) = 0.760.
    assert found["auroc"] == pytest.approx(0.760, abs=0.06)


def test_by_hand():
    # From the top: 0.9 foreign, 0.8 familiar, 0.7 foreign, 0.6 familiar.
    found = ood_scores([0.8, 0.6], [0.9, 0.7])
    assert found == pytest.approx({"auroc": 3 / 4, "aupr": (1 + 2 / 3) / 2, "fpr95": 1 / 2})


def test_best_worst_and_blind():
    assert ood_scores([1, 2], [3, 4]) == {"auroc": 1.0, "aupr": 1.0, "fpr95": 0.0}
    assert ood_scores([3, 4], [1, 2])["auroc"] == 0.0
    assert ood_scores([3, 4], [1, 2])["fpr95"] == 1.0
    assert ood_scores([5, 5, 5], [5]) == {"auroc": 0.5, "aupr": 0.25, "fpr95": 1.0}


def test_ninety_five_per_cent_are_enough():
    outside = np.arange(20)
    assert ood_scores([0.5, 5.0, 25.0], outside)["fpr95"] == pytest.approx(2 / 3)
    # Of 19, losing one catches less than 95 %.
    assert ood_scores([0.5, 5.0, 25.0], outside[:19])["fpr95"] == 1.0


@settings(deadline=None)
@given(VALUES, VALUES)
def test_only_the_order_counts(inside, outside):
    moved = ood_scores(np.exp(np.array(inside)), np.exp(np.array(outside)))
    assert moved == pytest.approx(ood_scores(inside, outside))
    turned = ood_scores(-np.array(outside), -np.array(inside))
    assert turned["auroc"] == pytest.approx(moved["auroc"])


def test_uncertainties():
    columns = {"confidence": [0.75, 1.0], "entropy": [0.5, 0.0], "mutual_information": [0.1, 0.0]}
    found = uncertainties(columns | {"label": [1, 0]})
    expected = {"one_minus_confidence": [0.25, 0.0], "entropy": [0.5, 0.0]}
    expected |= {"mutual_information": [0.1, 0.0]}
    assert found.keys() == expected.keys()
    for name, column in expected.items():
        np.testing.assert_array_equal(found[name], column)
    with pytest.raises(ValueError, match=r"lack the columns \['entropy'\]"):
        uncertainties({"confidence": [1.0], "mutual_information": [0.0]})


@pytest.mark.parametrize(
    ("inside", "outside", "message"),
    [
        ([], [1.0], "`inside`.*N >= 1"),
        ([1.0], [], "`outside`.*N >= 1"),
        ([[1.0]], [1.0], r"`inside`.*shape \(1, 1\)"),
        ([1.0], [1.0, np.nan], "`outside`.*1 of 2 values are NaN"),
    ],
)
def test_bad_input(inside, outside, message):
    with pytest.raises(ValueError, match=message):
        ood_scores(inside, outside)

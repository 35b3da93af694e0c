"""Detection of OOD examples against all pairs, all thresholds, and cases worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.metrics import auroc_interval, ood_scores, uncertainties

pytestmark = pytest.mark.one_backend

# Few different values make ties common.
VALUES = st.lists(st.integers(0, 6), min_size=1, max_size=30)


def brute_force(in_distribution, ood):
    """The three scores from every pair and every threshold."""
    pairs = [(o > i) + 0.5 * (o == i) for o in ood for i in in_distribution]
    aupr, recall_before, fpr95 = 0.0, 0.0, None
    for threshold in sorted({*in_distribution, *ood}, reverse=True):
        caught = sum(o >= threshold for o in ood)
        flagged = sum(i >= threshold for i in in_distribution)
        recall = caught / len(ood)
        aupr += (recall - recall_before) * caught / (caught + flagged)
        recall_before = recall
        if fpr95 is None and caught * 100 >= 95 * len(ood):
            fpr95 = flagged / len(in_distribution)
    return {"auroc": np.mean(pairs), "aupr": aupr, "fpr95": fpr95}


@settings(deadline=None)
@given(VALUES, VALUES)
def test_equals_brute_force(in_distribution, ood):
    assert ood_scores(in_distribution, ood) == pytest.approx(brute_force(in_distribution, ood))


def test_without_ties_equals_brute_force():
    rng = np.random.default_rng(0)
    in_distribution, ood = rng.normal(size=150), rng.normal(loc=1.0, size=120)
    found = ood_scores(in_distribution, ood)
    assert found == pytest.approx(brute_force(in_distribution, ood))
    # Two normals one deviation apart: AUROC is Phi(1 / sqrt(2)) = 0.760.
    assert found["auroc"] == pytest.approx(0.760, abs=0.06)


def test_by_hand():
    # From the top: 0.9 OOD, 0.8 not, 0.7 OOD, 0.6 not.
    found = ood_scores([0.8, 0.6], [0.9, 0.7])
    assert found == pytest.approx({"auroc": 3 / 4, "aupr": (1 + 2 / 3) / 2, "fpr95": 1 / 2})


def test_best_worst_and_blind():
    assert ood_scores([1, 2], [3, 4]) == {"auroc": 1.0, "aupr": 1.0, "fpr95": 0.0}
    assert ood_scores([3, 4], [1, 2])["auroc"] == 0.0
    assert ood_scores([3, 4], [1, 2])["fpr95"] == 1.0
    assert ood_scores([5, 5, 5], [5]) == {"auroc": 0.5, "aupr": 0.25, "fpr95": 1.0}


def test_ninety_five_per_cent_are_enough():
    ood = np.arange(20)
    assert ood_scores([0.5, 5.0, 25.0], ood)["fpr95"] == pytest.approx(2 / 3)
    # Of 19, losing one catches less than 95 %.
    assert ood_scores([0.5, 5.0, 25.0], ood[:19])["fpr95"] == 1.0


@settings(deadline=None)
@given(VALUES, VALUES)
def test_only_the_order_counts(in_distribution, ood):
    moved = ood_scores(np.exp(np.array(in_distribution)), np.exp(np.array(ood)))
    assert moved == pytest.approx(ood_scores(in_distribution, ood))
    turned = ood_scores(-np.array(ood), -np.array(in_distribution))
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
    ("in_distribution", "ood", "message"),
    [
        ([], [1.0], "`in_distribution`.*N >= 1"),
        ([1.0], [], "`ood`.*N >= 1"),
        ([[1.0]], [1.0], r"`in_distribution`.*shape \(1, 1\)"),
        ([1.0], [1.0, np.nan], "`ood`.*1 of 2 values are NaN"),
    ],
)
def test_bad_input(in_distribution, ood, message):
    with pytest.raises(ValueError, match=message):
        ood_scores(in_distribution, ood)


def test_the_interval_by_hand():
    """DeLong's structural components of two small sets, with a tie."""
    low, high = auroc_interval([1.0, 3.0], [2.0, 3.0, 4.0])
    above, below = [0.5, 0.75, 1.0], [1.0, 0.5]  # each OOD one; each of the others
    spread = np.var(above, ddof=1) / 3 + np.var(below, ddof=1) / 2
    assert low == pytest.approx(max(0, 0.75 - 1.959964 * np.sqrt(spread)))
    assert high == min(1.0, 0.75 + 1.959964 * np.sqrt(spread))


def test_the_interval_is_that_of_the_bootstrap():
    rng = np.random.default_rng(1)
    known, ood = rng.normal(size=400), rng.normal(loc=0.7, size=300)
    resampled = [
        ood_scores(rng.choice(known, 400), rng.choice(ood, 300))["auroc"] for _ in range(1000)
    ]
    expected = np.quantile(resampled, [0.05, 0.95])
    np.testing.assert_allclose(auroc_interval(known, ood, level=0.9), expected, atol=0.004)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(2)
    truth = 0.7602499  # Phi(1 / sqrt(2))
    intervals = [
        auroc_interval(rng.normal(size=60), rng.normal(loc=1.0, size=50)) for _ in range(500)
    ]
    held = np.mean([low <= truth <= high for low, high in intervals])
    assert 0.92 <= held <= 0.975


def test_an_interval_stays_where_auroc_can_be():
    assert auroc_interval([0.0, 1.0], [2.0, 3.0]) == (1.0, 1.0)
    assert auroc_interval([0.0, 2.0, 2.5], [1.9, 3.0])[1] == 1.0


@pytest.mark.parametrize("sets", [([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])])
def test_an_interval_needs_two_of_each(sets):
    with pytest.raises(ValueError, match="2 values of each"):
        auroc_interval(*sets)
    with pytest.raises(ValueError, match="level=1.0"):
        auroc_interval([1.0, 2.0], [1.0, 2.0], level=1.0)

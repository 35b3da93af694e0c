"""Calibration against hand-worked bins, a plain loop, and NumPy's quantiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from be_keras.metrics import expected_calibration_error, reliability_table

pytestmark = pytest.mark.one_backend

# Coarse values make ties and confidences on a bin's edge common.
CASES = st.lists(st.tuples(st.integers(0, 16), st.booleans()), min_size=1, max_size=40)


def arrays(case):
    confidence, correct = zip(*case, strict=True)
    return np.array(confidence) / 16, np.array(correct, float)


def loop_error(confidence, correct, edges):
    """Expected calibration error with bins (low, high], the first with 0, record by record."""
    total = 0.0
    for low, high in zip(edges, edges[1:], strict=False):
        inside = [
            (c, y)
            for c, y in zip(confidence, correct, strict=True)
            if low < c <= high or (c == 0 and low == 0 and high > 0)
        ]
        total += abs(sum(y - c for c, y in inside))
    return total / len(confidence)


def test_a_hand_worked_example():
    confidence = [0.1, 0.2, 0.85, 0.9, 0.95]
    correct = [0, 1, 0, 1, 1]
    # Bin (0, 0.2]: two records, gap |1/2 - 0.15|; bin (0.8, 1]: three, gap |2/3 - 0.9|.
    assert expected_calibration_error(confidence, correct, bins=5) == pytest.approx(0.28)
    table = reliability_table(confidence, correct, bins=5)
    np.testing.assert_allclose(table["edges"], [0, 0.2, 0.4, 0.6, 0.8, 1.0])
    np.testing.assert_array_equal(table["count"], [2, 0, 0, 0, 3])
    np.testing.assert_allclose(table["confidence"], [0.15, np.nan, np.nan, np.nan, 0.9])
    np.testing.assert_allclose(table["accuracy"], [0.5, np.nan, np.nan, np.nan, 2 / 3])


def test_equal_mass_by_hand():
    confidence = [0.9, 0.6, 0.7, 0.8]
    correct = [1, 1, 0, 0]
    table = reliability_table(confidence, correct, bins=2, equal_mass=True)
    np.testing.assert_allclose(table["edges"], [0, 0.7, 1])
    np.testing.assert_allclose(table["confidence"], [0.65, 0.85])
    np.testing.assert_allclose(table["accuracy"], [0.5, 0.5])
    error = expected_calibration_error(confidence, correct, bins=2, equal_mass=True)
    assert error == pytest.approx((0.15 + 0.35) / 2)


def test_edges_belong_to_the_bin_below_and_zero_to_the_first():
    confidence = [0.0, 0.25, np.nextafter(0.25, 1), 0.5, 1.0]
    table = reliability_table(confidence, np.ones(5), bins=4)
    np.testing.assert_array_equal(table["count"], [2, 2, 0, 1])


def test_perfect_and_hopeless():
    assert expected_calibration_error([1.0, 1.0], [1, 1]) == 0.0
    assert expected_calibration_error([1.0, 1.0], [0, 0]) == 1.0
    assert expected_calibration_error([0.5] * 4, [1, 0, 1, 0]) == 0.0


def test_a_calibrated_source_has_a_small_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(size=200_000)
    correct = rng.uniform(size=200_000) < confidence
    for equal_mass in (False, True):
        assert expected_calibration_error(confidence, correct, equal_mass=equal_mass) < 0.005


@settings(deadline=None)
@given(CASES, st.sampled_from([1, 2, 4, 8]))
def test_equal_width_equals_the_loop(case, bins):
    confidence, correct = arrays(case)
    expected = loop_error(confidence, correct, np.linspace(0, 1, bins + 1))
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(expected)


@settings(deadline=None)
@given(CASES, st.sampled_from([2, 4, 8]))
def test_equal_mass_lies_between_quantiles(case, bins):
    confidence, correct = arrays(case)
    inner = np.quantile(confidence, np.arange(1, bins) / bins, method="inverted_cdf")
    table = reliability_table(confidence, correct, bins, equal_mass=True)
    np.testing.assert_array_equal(table["edges"], [0.0, *inner, 1.0])
    assert table["count"].sum() == len(confidence)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 12), st.integers(0, 100))
def test_equal_mass_without_ties_differs_by_one_at_most(count, bins, seed):
    confidence = np.random.default_rng(seed).uniform(size=count)
    table = reliability_table(confidence, np.ones(count), bins, equal_mass=True)
    assert np.ptp(table["count"]) <= 1


@settings(deadline=None)
@given(CASES, st.booleans(), st.data())
def test_a_weight_is_a_number_of_copies(case, equal_mass, data):
    confidence, correct = arrays(case)
    counts = data.draw(
        st.lists(st.integers(0, 3), min_size=len(case), max_size=len(case)).filter(any)
    )
    weighted = reliability_table(confidence, correct, 6, equal_mass, weights=counts)
    copied = reliability_table(
        np.repeat(confidence, counts), np.repeat(correct, counts), 6, equal_mass
    )
    for name, column in copied.items():
        np.testing.assert_allclose(weighted[name], column, err_msg=name)


@settings(deadline=None)
@given(CASES, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(case, equal_mass, random):
    shuffled = random.sample(case, len(case))
    error = expected_calibration_error(*arrays(case), 5, equal_mass)
    assert expected_calibration_error(*arrays(shuffled), 5, equal_mass) == pytest.approx(error)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "N >= 1"),
        (([[0.5]], [[1]]), "N >= 1"),
        (([0.5, 0.5], [1]), "Received 2 and 1"),
        (([0.5, np.nan], [1, 1]), "1 of 2 values are NaN or outside"),
        (([0.5, 1.5], [1, 1]), "`confidence` must lie in"),
        (([0.5, 0.5], [1, 2]), "`correct` must lie in"),
        (([0.5], [1], 0), "at least 1. Received 0"),
        (([0.5], [1], 15, False, [1, 1]), "one value per record"),
        (([0.5], [1], 15, False, [-1]), "at least 0"),
        (([0.5], [1], 15, False, [0]), "not all 0"),
        (([0.5], [1], 15, False, [np.nan]), "finite"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(*arguments)

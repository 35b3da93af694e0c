"""Bootstrap intervals: coverage on simulated data, whole groups, pairing, and bad input."""

import numpy as np
import pytest

from be_keras.metrics import bootstrap_difference, bootstrap_intervals, scores

pytestmark = pytest.mark.one_backend


def mean(columns, weights):
    return {"mean": float(np.average(columns["value"], weights=weights))}


def width(interval):
    return interval[1] - interval[0]


def made_columns(count, seed=0):
    rng = np.random.default_rng(seed)
    names = ("confidence", "correct", "member_correct", "brier", "entropy", "pairwise_kl")
    names += ("mutual_information", "disagreement", "log_likelihood", "member_log_likelihood")
    return {name: rng.uniform(size=count) for name in names}


def test_resamples_are_as_large_as_the_data_and_average_to_it():
    seen = []

    def watch(columns, weights):
        seen.append(weights)
        return {"mean": 0.0}

    bootstrap_intervals({"value": np.zeros(20)}, watch, samples=500)
    seen = np.array(seen)
    assert seen.shape == (500, 20)
    assert np.all(seen.sum(axis=1) == 20)
    assert len(np.unique(seen, axis=0)) == 500
    # A count is binomial(20, 1/20): mean 1, variance 0.95.
    np.testing.assert_allclose(seen.mean(axis=0), 1.0, atol=0.2)
    assert seen.var() == pytest.approx(0.95, abs=0.05)


def test_whole_groups_are_drawn():
    group = np.array([4, 9, 4, 2, 9, 4])
    seen = []

    def watch(columns, weights):
        seen.append(weights)
        return {"mean": 0.0}

    bootstrap_intervals({"value": np.zeros(6)}, watch, samples=200, group=group)
    for weights in seen:
        assert weights[0] == weights[2] == weights[5]
        assert weights[1] == weights[4]
        assert weights[0] + weights[1] + weights[3] == 3


@pytest.mark.parametrize(("level", "least", "most"), [(0.95, 0.9, 0.98), (0.8, 0.72, 0.86)])
def test_intervals_cover_the_truth_as_often_as_they_say(level, least, most):
    rng = np.random.default_rng(0)
    trials = 200
    covered = 0
    for trial in range(trials):
        values = {"value": rng.exponential(size=150)}
        low, high = bootstrap_intervals(values, mean, 200, level, seed=trial)["mean"]
        covered += low <= 1.0 <= high
    assert least <= covered / trials <= most


def test_only_groups_cover_the_truth_where_records_of_a_group_are_alike():
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(60), 10)
    trials = 100
    covered = {"grouped": 0, "alone": 0}
    for trial in range(trials):
        values = {"value": rng.normal(size=60)[group] + 0.3 * rng.normal(size=600)}
        for name, units in (("grouped", group), ("alone", None)):
            low, high = bootstrap_intervals(values, mean, 200, seed=trial, group=units)["mean"]
            covered[name] += low <= 0.0 <= high
    assert 0.88 <= covered["grouped"] / trials <= 0.99
    assert covered["alone"] / trials < 0.7


def test_copies_of_a_record_in_its_group_widen_by_the_root_of_their_number():
    values = np.random.default_rng(2).normal(size=400)
    group = np.repeat(np.arange(400), 9)
    copies = {"value": values[group]}
    grouped = bootstrap_intervals(copies, mean, 2000, group=group)["mean"]
    alone = bootstrap_intervals(copies, mean, 2000)["mean"]
    assert width(grouped) / width(alone) == pytest.approx(3.0, rel=0.1)
    once = bootstrap_intervals({"value": values}, mean, 2000)["mean"]
    assert grouped == pytest.approx(once)


def test_the_default_statistic_gives_an_interval_for_every_score():
    columns = made_columns(300)
    intervals = bootstrap_intervals(columns, samples=100)
    values = scores(columns)
    assert intervals.keys() == values.keys()
    for name in values.keys() - {"ece", "ece_equal_mass", "count"}:
        low, high = intervals[name]
        assert low < values[name] < high, name
    assert intervals["count"] == (300.0, 300.0)


def test_the_seed_decides():
    columns = {"value": np.random.default_rng(0).normal(size=50)}
    first = bootstrap_intervals(columns, mean, 50, seed=3)
    assert bootstrap_intervals(columns, mean, 50, seed=3) == first
    assert bootstrap_intervals(columns, mean, 50, seed=4) != first


def test_a_higher_level_is_wider():
    columns = {"value": np.random.default_rng(0).normal(size=50)}
    narrow, wide = (bootstrap_intervals(columns, mean, 400, level)["mean"] for level in (0.5, 0.99))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_pairing_cancels_what_is_hard_for_both():
    rng = np.random.default_rng(0)
    hardness = rng.normal(size=200)
    a = {"value": hardness + 0.25}
    b = {"value": hardness}
    assert bootstrap_difference(a, b, mean, 100)["mean"] == pytest.approx((0.25, 0.25))
    assert width(bootstrap_intervals(a, mean, 100)["mean"]) > 0.1
    low, high = bootstrap_difference(b, a, mean, 100)["mean"]
    assert (low, high) == pytest.approx((-0.25, -0.25))


def test_a_difference_of_scores_covers_the_difference_of_the_values():
    a, b = made_columns(300, seed=1), made_columns(300, seed=2)
    interval = bootstrap_difference(a, b, samples=200, group=np.arange(300) // 3)
    low, high = interval["nll"]
    assert low < scores(a)["nll"] - scores(b)["nll"] < high


def test_paired_systems_must_be_scored_on_the_same_records():
    a = {"value": np.zeros(3), "label": np.array([1, 2, 3])}
    with pytest.raises(ValueError, match="Received 3 and 2 records"):
        bootstrap_difference(a, {"value": np.zeros(2)}, mean)
    with pytest.raises(ValueError, match="'label' differs in 2 of 3"):
        bootstrap_difference(a, a | {"label": np.array([1, 3, 2])}, mean)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "samples=0"),
        ({"level": 1.0}, "level=1.0"),
        ({"level": 95}, "level=95"),
        ({"group": np.zeros(3)}, r"shape \(4,\). Received shape \(3,\)"),
        ({"group": np.zeros(4)}, "at least 2 records, or 2 groups"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_intervals({"value": np.zeros(4)}, mean, **options)


@pytest.mark.parametrize("columns", [{}, {"value": np.zeros(0)}, {"value": np.zeros(1)}])
def test_too_few_records(columns):
    with pytest.raises(ValueError, match="at least 2 records"):
        bootstrap_intervals(columns, mean)


def test_broken_records_are_refused():
    columns = made_columns(20)
    columns["brier"][4] = np.nan
    with pytest.raises(ValueError, match="'brier' has 1 of 20"):
        bootstrap_intervals(columns, samples=5)

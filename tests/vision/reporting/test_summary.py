"""What a comparison adds to evaluations, worked by hand."""

import copy

import pytest

from vision.reporting.summary import (
    ensembles,
    interval,
    mean_corruption_error,
    ood_sets,
    summarise,
)
from vision.reporting.summary import (
    test_set as shown_to,
)


def corruptions(**accuracies):
    """Corruptions of these accuracies, a list over severities for each."""
    return {"by_name": {name: {"accuracy": values} for name, values in accuracies.items()}}


def test_adds_ratios_to_the_smallest_system(systems):
    summary = summarise(systems, "be_keras 1.0")
    assert summary["schema"] == 1 and summary["created_by"] == "be_keras 1.0"
    assert summary["data"] == systems["single"]["data"]
    single, ensemble = summary["systems"]["single"], summary["systems"]["be4"]
    assert single["parameters_ratio"] == single["weight_ratio"] == single["checkpoint_ratio"] == 1.0
    assert ensemble["parameters_ratio"] == pytest.approx(270 / 255)
    assert ensemble["weight_ratio"] == pytest.approx(1080 / 1020)
    assert ensemble["checkpoint_ratio"] == pytest.approx(2200 / 2050)


def test_keeps_the_evaluations_whole(systems):
    before = copy.deepcopy(systems)
    summary = summarise(systems, "")
    for name, system in before.items():
        assert system.items() <= summary["systems"][name].items()


def test_corruption_errors_are_relative_to_the_first_single_network(systems, evaluation):
    first = evaluation("first", corruptions=None)
    summary = summarise({"first": first, **systems}, "")
    assert summary["mce_reference"] == "single"  # the first that was shown corruptions
    found = {name: system["mce"] for name, system in summary["systems"].items()}
    assert found["single"] == pytest.approx(1.0) and found["be4"] < 1.0
    assert found["pair"] is None and found["first"] is None
    alone = summarise({"be4": systems["be4"]}, "")
    assert alone["mce_reference"] is None and alone["systems"]["be4"]["mce"] is None


def test_the_mean_corruption_error_by_hand():
    reference = corruptions(fog=[0.9, 0.7], snow=[0.8, 0.8])  # errors 0.4 and 0.4
    better = corruptions(snow=[0.9, 0.7], fog=[1.0, 0.9])  # errors 0.4 and 0.1
    assert mean_corruption_error(better, reference) == pytest.approx((1.0 + 0.25) / 2)
    # Not the ratio of the means: every corruption counts the same.
    hard = corruptions(fog=[0.9, 0.9], snow=[0.5, 0.5])
    assert mean_corruption_error(better, hard) == pytest.approx((0.1 / 0.2 + 0.4 / 1.0) / 2)


def test_no_mean_corruption_error_without_an_error_to_compare_with():
    some, none = corruptions(fog=[0.5]), corruptions(fog=[1.0])
    assert mean_corruption_error(some, none) is None
    assert mean_corruption_error(none, some) == 0.0
    assert mean_corruption_error(None, some) is mean_corruption_error(some, None) is None


def test_what_there_is_is_found(systems):
    assert interval({"intervals": {"nll": [1.0, 2.0]}}, "nll") == [1.0, 2.0]
    assert interval({"intervals": {}}, "nll") is interval({}, "nll") is None
    assert list(ensembles(systems)) == ["be4", "pair"]
    sets = {"a": {"ood": {"x": 1, "y": 2}}, "b": {"ood": {"z": 1, "x": 2}}, "c": {}}
    assert ood_sets(sets) == ["x", "y", "z"]


def test_what_systems_of_one_report_must_share(evaluation):
    shown = shown_to(evaluation("a"))
    assert shown["data.sha256"] == evaluation("b", 2)["data"]["sha256"]
    assert shown["corruptions.by_name"] == ["contrast", "fog", "gaussian_noise"]
    assert shown["corruptions.severities"] == [1, 2, 3]
    assert shown["ood.other things.images"] == 100
    bare = evaluation("a", corruptions=None, ood={})
    assert list(shown_to(bare)) == ["data.sha256"]

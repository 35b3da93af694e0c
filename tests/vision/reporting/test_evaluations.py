"""Evaluations are refused by file and key where a report cannot use them."""

import copy

import pytest

from be_tracks.errors import UserError
from vision.reporting.evaluations import (
    REQUIRED,
    REQUIRED_OF_OOD,
    REQUIRED_WITHIN,
    read_evaluations,
)

WITHIN = [f"{part}.{key}" for part, kinds in REQUIRED_WITHIN.items() for key in kinds]
HUMAN = {"images": 200, "cross_entropy": 0.5, "entropy": 0.2}


def changed(evaluation, key, value):
    """Copy an evaluation and set a key, a path of names; None removes it."""
    evaluation = copy.deepcopy(evaluation)
    *parents, last = key.split(".") if isinstance(key, str) else key
    inner = evaluation
    for parent in parents:
        inner = inner[parent]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return evaluation


def test_keeps_the_order_and_everything_in_it(evaluation, folder):
    first, second = evaluation("b", 4, extra={"kept": 1}), evaluation("a", human=HUMAN)
    systems = read_evaluations([folder(first, "one"), str(folder(second, "two"))])
    assert list(systems.items()) == [("b", first), ("a", second)]


def test_what_need_not_be_there(evaluation, folder):
    bare = evaluation("a", corruptions=None, ood={}, dee=None, human=None, intervals={})
    for key in ("corruptions", "ood", "dee", "human", "intervals", "settings", "members"):
        del bare[key]
    assert list(read_evaluations([folder(bare, "one")])) == ["a"]


@pytest.mark.parametrize("key", REQUIRED)
def test_a_missing_key_is_named_with_its_file(evaluation, folder, key):
    path = folder(changed(evaluation("a"), key, None), "one")
    with pytest.raises(UserError, match=rf"one/evaluation.json: .* under '{key}', got nothing"):
        read_evaluations([path])


@pytest.mark.parametrize("key", WITHIN)
def test_parts_are_there_in_whole(evaluation, folder, key):
    path = folder(changed(evaluation("a", human=HUMAN), key, None), "one")
    with pytest.raises(UserError, match=f"under '{key}', got nothing"):
        read_evaluations([path])


@pytest.mark.parametrize("key", REQUIRED_OF_OOD)
def test_a_missing_key_of_ood_images_is_named_with_its_set(evaluation, folder, key):
    path = folder(changed(evaluation("a"), ["ood", "other things", *key.split(".")], None), "x")
    with pytest.raises(UserError, match=f"under 'ood.other things.{key}', got nothing"):
        read_evaluations([path])


@pytest.mark.parametrize(
    "key, value, message",
    [
        ("accuracy", "high", "expected a number under 'accuracy', got 'high'"),
        ("nll", float("nan"), "expected a number under 'nll', got nothing"),
        ("ensemble_size", 0, "expected a number above 0 under 'ensemble_size', got 0"),
        ("data", "CIFAR-10", "expected a text under 'data.name', got nothing"),
        ("intervals.nll", [1.0], r"a list of 2 numbers under 'intervals.nll', got \[1.0\]"),
        ("members_alone.nll", [1.0, 2.0], "a list of 1 numbers under 'members_alone.nll'"),
        ("rejection.accuracy", [1.0], "a list of 20 numbers under 'rejection.accuracy'"),
        ("reliability.edges", [0, 1], "expected 16 values under 'reliability.edges'"),
        ("divergence.pairwise_kl", [None] * 15, "bin with images under 'divergence.pairwise_kl'"),
        ("testing.peak_memory_bytes", "1 GB", "a number above 0 under 'testing.peak_memory_by"),
        ("corruptions.images", "many", "a number above 0 under 'corruptions.images', got 'many'"),
        ("corruptions", [1], "expected a list of numbers under 'corruptions.severities'"),
        ("corruptions.severities", [], "a list of 1 numbers under 'corruptions.by_name.gaussian"),
        ("corruptions.by_name", {}, "table that is not empty under 'corruptions.by_name'"),
        ("corruptions.by_name.fog", 1, "under 'corruptions.by_name.fog.accuracy', got nothing"),
        ("corruptions.by_name.fog.nll", [0.1], "a list of 3 numbers under .*fog.nll'"),
        ("corruptions.by_name.fog.ece", [0.1], "a number under .*fog.ece'"),
        ("corruptions.by_severity.ece", [0.1], "a list of 3 numbers under .*by_severity.ece'"),
        ("corruptions.intervals.ece", [0.1], "a list of 2 numbers under .*intervals.ece'"),
        ("training.peak_memory_bytes", "1 GB", "a number above 0 under 'training.peak_memory"),
        ("intervals", [1], r"a table that is not empty under 'intervals', got \[1\]"),
        ("members_alone", [1], "a table that is not empty under 'members_alone'"),
        ("ood", [1], "a table that is not empty under 'ood'"),
        ("ood", {"x": 3}, "expected a number above 0 under 'ood.x.images', got nothing"),
    ],
)
def test_a_value_of_another_kind_is_refused(evaluation, folder, key, value, message):
    path = folder(changed(evaluation("a"), key, value), "one")
    with pytest.raises(UserError, match=f"one/evaluation.json: .*{message}"):
        read_evaluations([path])


def test_histograms_fit_their_edges(evaluation, folder):
    for key in ("in_distribution", "ood"):
        where = ["ood", "other things", "histogram", key]
        path = folder(changed(evaluation("a"), where, [1, 2]), key)
        with pytest.raises(UserError, match=f"a list of 30 numbers under .*histogram.{key}'"):
            read_evaluations([path])


def test_a_name_used_twice_names_both_files(evaluation, folder):
    paths = [folder(evaluation("a"), "one"), folder(evaluation("a"), "two")]
    with pytest.raises(UserError, match=r"two/evaluation.json: .*'a' as in .*one/evaluation.json"):
        read_evaluations(paths)


@pytest.mark.parametrize(
    "key, value, said",
    [
        ("data.sha256", "another", "data.sha256"),
        ("corruptions.by_name.fog", None, "corruptions.by_name"),
        (["ood", "other things", "images"], 7, "ood.other things.images"),
    ],
)
def test_another_test_set_is_refused(evaluation, folder, key, value, said):
    one = folder(evaluation("a"), "one")
    other = folder(changed(evaluation("b"), key, value), "other")
    with pytest.raises(UserError, match=f"other/evaluation.json.*one/.*'{said}' differs"):
        read_evaluations([one, other])


def test_other_severities_are_refused(evaluation, folder):
    fewer = evaluation("b")
    fewer["corruptions"]["severities"] = [1, 2, 5]
    with pytest.raises(UserError, match="'corruptions.severities' differs"):
        read_evaluations([folder(evaluation("a"), "one"), folder(fewer, "other")])


def test_systems_may_lack_what_others_were_shown(evaluation, folder):
    one = folder(evaluation("a"), "one")
    bare = folder(evaluation("b", corruptions=None, ood={}), "bare")
    more = folder(evaluation("c"), "more")
    assert list(read_evaluations([one, bare, more])) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text, message", [("{", "cannot be read"), ("[1]", "another kind of JSON")]
)
def test_a_file_that_is_no_evaluation_is_refused(folder, text, message):
    with pytest.raises(UserError, match=f"one/evaluation.json: .*{message}"):
        read_evaluations([folder(text, "one")])

"""Evaluations are read as they are, and refused by file and key where a report cannot use them."""

import copy

import pytest

from be_tracks.errors import UserError
from translation.reporting.evaluations import REQUIRED, REQUIRED_OF_TRUTH, read_evaluations


def changed(evaluation, key, value):
    """Copy an evaluation and set a dotted key; None removes it."""
    evaluation = copy.deepcopy(evaluation)
    *parents, last = key.split(".")
    inner = evaluation
    for parent in parents:
        inner = inner[parent]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return evaluation


def test_keeps_the_order_and_everything_in_it(evaluation, folder):
    first, second = evaluation("b", extra={"kept": 1}), evaluation("a")
    systems = read_evaluations([folder(first, "one"), str(folder(second, "two"))])
    assert list(systems.items()) == [("b", first), ("a", second)]


def test_what_is_not_finite_becomes_null(evaluation, folder):
    systems = read_evaluations([folder(evaluation("a", ece_eos=float("nan")), "one")])
    assert systems["a"]["ece_eos"] is None


@pytest.mark.parametrize("key", REQUIRED)
def test_a_missing_key_is_named_with_its_file(evaluation, folder, key):
    path = folder(changed(evaluation("a"), key, None), "one")
    with pytest.raises(UserError, match=rf"one/evaluation.json: .* under '{key}', got nothing"):
        read_evaluations([path])


@pytest.mark.parametrize("key", REQUIRED_OF_TRUTH)
def test_a_missing_key_of_the_truth_is_named(evaluation, folder, truth, key):
    path = folder(changed(evaluation("a", truth=truth), key, None), "one")
    with pytest.raises(UserError, match=f"under '{key}'"):
        read_evaluations([path])


@pytest.mark.parametrize(
    "key, value, message",
    [
        ("nll", "low", "expected a number under 'nll', got 'low'"),
        ("nll", float("inf"), "expected a number under 'nll', got nothing"),
        ("nll", True, "expected a number under 'nll', got True"),
        ("bleu", 31.5, "expected a number under 'bleu.score', got nothing"),
        ("parameters", 0, "expected a number above 0 under 'parameters', got 0"),
        ("name", " ", "expected a text under 'name', got ' '"),
        ("bleu.interval", [1.0, None], "expected a list of numbers under 'bleu.interval'"),
        ("reliability.edges", [0, 1], "expected 5 values under 'reliability.edges' for 4 bins"),
        ("reliability.accuracy", [1.0], "expected 4 values under 'reliability.accuracy'"),
        ("reliability.accuracy", [None] * 4, "every bin with tokens .* 'reliability.accuracy'"),
    ],
)
def test_a_value_of_another_kind_is_refused(evaluation, folder, key, value, message):
    path = folder(changed(evaluation("a"), key, value), "one")
    with pytest.raises(UserError, match=message):
        read_evaluations([path])


def test_a_name_used_twice_names_both_files(evaluation, folder):
    paths = [folder(evaluation("a"), "one"), folder(evaluation("a"), "two")]
    with pytest.raises(UserError, match=r"two/evaluation.json: .*'a' as in .*one/evaluation.json"):
        read_evaluations(paths)


def test_another_test_set_is_refused(evaluation, folder, truth):
    other = truth | {"entropy_per_word": 9.0}
    one = folder(evaluation("a", truth=truth), "one")
    words = folder(evaluation("b", words=999), "words")
    known = folder(evaluation("c", truth=other), "truth")
    with pytest.raises(UserError, match=r"words/evaluation.json.*'words' differs"):
        read_evaluations([one, words])
    with pytest.raises(UserError, match=r"truth/evaluation.json.*'truth' differs"):
        read_evaluations([one, known])


@pytest.mark.parametrize(
    "text, message", [("{", "cannot be read"), ("[1]", "another kind of JSON")]
)
def test_a_file_that_is_no_evaluation_is_refused(folder, text, message):
    with pytest.raises(UserError, match=f"one/evaluation.json: .*{message}"):
        read_evaluations([folder(text, "one")])


def test_a_missing_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("nowhere", "file"):
        with pytest.raises(UserError, match=f"{name}/evaluation.json: there is no such file"):
            read_evaluations([tmp_path / name])

"""Evaluations are read as they are, and refused by file and key where a report cannot use them."""

import json
from pathlib import Path

import pytest

from be_tracks.errors import UserError
from be_tracks.report.evaluations import (
    LIST,
    NUMBER,
    NUMBERS,
    POSITIVE,
    TABLE,
    TEXT,
    check_bins,
    check_keys,
    check_numbers,
    read_evaluations,
)

PATH = Path("some/evaluation.json")


@pytest.fixture
def folder(tmp_path):
    """A function: writes an evaluation, a dictionary or raw text, and gives its folder."""

    def write(content, name):
        path = tmp_path / name
        path.mkdir()
        text = content if isinstance(content, str) else json.dumps(content)
        (path / "evaluation.json").write_text(text, encoding="utf-8")
        return path

    return write


def read(*folders):
    """Read evaluations that need a name, and whose test set is known by its `words` if at all."""
    return read_evaluations(
        folders,
        lambda content, path: check_keys(content, {"name": TEXT}, path),
        lambda content: {"words": content.get("words")},
    )


def test_keeps_the_order_and_what_is_finite(folder):
    first, second = {"name": "b", "kept": [1]}, {"name": "a", "nll": float("nan")}
    systems = read(folder(first, "one"), str(folder(second, "two")))
    assert list(systems.items()) == [("b", first), ("a", {"name": "a", "nll": None})]


def test_names_are_used_once(folder):
    one, two = folder({"name": "a"}, "one"), folder({"name": "a"}, "two")
    with pytest.raises(UserError, match=r"two/evaluation.json: .*'a' as in .*one/evaluation.json"):
        read(one, two)


def test_test_sets_must_agree_where_they_are_known(folder):
    unknown, one = folder({"name": "a"}, "unknown"), folder({"name": "b", "words": 5}, "one")
    same, other = folder({"name": "c", "words": 5}, "same"), folder({"name": "d", "words": 6}, "x")
    assert len(read(unknown, one, same)) == 3
    with pytest.raises(UserError, match=r"x/evaluation.json: .*one/evaluation.json.*'words' diff"):
        read(unknown, one, same, other)


@pytest.mark.parametrize("text, message", [("{", "cannot be read"), ("[1]", "another kind")])
def test_what_is_no_evaluation_is_refused(folder, text, message):
    with pytest.raises(UserError, match=f"one/evaluation.json: .*{message}"):
        read(folder(text, "one"))


def test_a_missing_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("nowhere", "file"):
        with pytest.raises(UserError, match=f"{name}/evaluation.json: there is no such file"):
            read(tmp_path / name)


@pytest.mark.parametrize(
    "kind, good, bad",
    [
        (TEXT, ["a"], [" ", 1, None]),
        (NUMBER, [0, -1.5], [True, "1", None, [1]]),
        (POSITIVE, [1, 0.5], [0, -1, None]),
        (LIST, [[], [None]], [None, {}, "ab"]),
        (NUMBERS, [[], [1, 2.5]], [[None], [True], 1, None]),
        (TABLE, [{"a": None}], [{}, [], None]),
    ],
)
def test_kinds(kind, good, bad):
    for value in good:
        check_keys({"x": {"y": value}}, {"x.y": kind}, PATH)
    for value in bad:
        with pytest.raises(UserError, match=f"evaluation.json: expected {kind} under 'of.x.y', "):
            check_keys({"x": {"y": value}}, {"x.y": kind}, PATH, "of.")


def test_a_table_that_is_none_holds_nothing():
    with pytest.raises(UserError, match="expected a number under 'x.y', got nothing"):
        check_keys({"x": 3}, {"x.y": NUMBER}, PATH)


def test_lists_of_a_certain_length():
    check_numbers([1, 2], 2, PATH, "x")
    for values, came in (([1], r"\[1\]"), ([1, None], r"\[1, None\]"), (None, "nothing")):
        with pytest.raises(UserError, match=f"expected a list of 2 numbers under 'x', got {came}"):
            check_numbers(values, 2, PATH, "x")


BINS = {"edges": [0, 0.5, 1], "count": [0, 3], "accuracy": [None, 0.5]}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"count": []}, "expected 1 values under 'of.count' for 1 bins, got 0"),
        ({"edges": [0, 1]}, "expected 3 values under 'of.edges' for 2 bins, got 2"),
        ({"accuracy": [0.5]}, "expected 2 values under 'of.accuracy' for 2 bins, got 1"),
        ({"accuracy": [0.5, None]}, "in every bin with tokens under 'of.accuracy', got None"),
    ],
)
def test_bins(changes, message):
    check_bins(BINS, ["accuracy"], PATH, "of", "tokens")
    with pytest.raises(UserError, match=message):
        check_bins(BINS | changes, ["accuracy"], PATH, "of", "tokens")


def test_bins_without_edges():
    bins = {key: BINS[key] for key in ("count", "accuracy")}
    check_bins(bins, ["accuracy"], PATH, "of", "tokens", edges=False)

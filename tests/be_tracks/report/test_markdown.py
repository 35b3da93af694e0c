"""Tables in Markdown, worked by hand."""

import pytest

from be_tracks.report.markdown import (
    amount,
    groups_by,
    how_matched,
    number,
    plain,
    table,
    with_interval,
)


def test_a_table_has_a_row_for_each_system():
    columns = {"NLL": lambda s: f"{s['nll']:.1f}", "half": lambda s: f"{s['nll'] / 2:.1f}"}
    assert table({"a": {"nll": 1.0}, "b|c": {"nll": 3.0}}, columns).splitlines() == [
        "| system | NLL | half |",
        "| --- | ---: | ---: |",
        "| a | 1.0 | 0.5 |",
        r"| b\|c | 3.0 | 1.5 |",
    ]
    assert table({}, {"NLL": str}, "who").startswith("| who | NLL |")


@pytest.mark.parametrize(
    "name, expected",
    [
        ("be4", "be4"),
        ("a|b\n*c*", r"a\|b \*c\*"),
        ("snake_case `x` [1]", r"snake\_case \`x\` \[1]"),
        ("<b> & co", "&lt;b> &amp; co"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_names_become_plain_text(name, expected):
    assert plain(name) == expected


def test_numbers_that_are_not_there():
    assert number(None, ".1f") == "–" and number(0.0, ".1f") == "0.0"


def test_intervals_stand_behind_their_score():
    assert with_interval(0.5, [0.25, 0.755], ".2f") == "0.50 [0.25, 0.76]"
    assert with_interval(0.5, None, ".1%") == with_interval(0.5, [], ".1%") == "50.0%"


@pytest.mark.parametrize(
    "counts, expected",
    [
        ({"a": 101, "b": 100, "c": 102}, [["a", "b", "c"]]),
        ({"a": 400, "b": 101, "c": 100}, [["b", "c"], ["a"]]),
        ({"a": 100, "b": 102, "c": 104}, [["a", "b"], ["c"]]),
        ({"a": 0, "b": 5}, [["a"], ["b"]]),
        ({"a": 0, "b": 0}, [["a", "b"]]),
    ],
)
def test_equal_counts_stand_together(counts, expected):
    systems = {name: {"training": {"steps": count}} for name, count in counts.items()}
    assert groups_by(systems, "steps") == expected


def test_what_training_took_is_told_by_groups():
    steps = {"a": 4e6, "b|": 101, "c": 100}
    systems = {name: {"training": {"steps": count}} for name, count in steps.items()}
    told = how_matched(systems, "steps", "Steps")
    assert told == r"- Steps: 101 for **b\|**, **c**; 4.000 M for **a**."
    del systems["a"]
    assert how_matched(systems, "steps", "Steps") == "- Steps: equal within 2 %, 101."


@pytest.mark.parametrize(
    "value, unit, expected",
    [
        (0, "", "0"),
        (950, "", "950"),
        (999.96, "", "1.000 k"),
        (271_098, "", "271.1 k"),
        (1_084_392, "B", "1.084 MB"),
        (999_949, "", "999.9 k"),
        (999_960, "", "1.000 M"),
        (3.2e16, "", "32.00 P"),
    ],
)
def test_amounts_are_short(value, unit, expected):
    assert amount(value, unit) == expected

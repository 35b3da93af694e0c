"""Programs of choices: drawn, made at their best, and followed along every way."""

import math
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.synthetic.choices import (
    Distribution,
    chance,
    most_probable,
    outcomes,
    sampler,
    uniform,
    weighted,
)

COIN = Distribution(("heads", "tails"), (0.7, 0.3))
DIE = Distribution(range(1, 7), [1 / 6] * 6)


def game(choose):
    """A die is thrown only after heads: which choices come depends on the ones before."""
    return choose(DIE) if choose(COIN) == "heads" else 0


def test_outcomes_follow_every_way_with_its_probability():
    found = dict(outcomes(game))
    assert found.keys() == {0, 1, 2, 3, 4, 5, 6}
    assert found[0] == pytest.approx(0.3)
    assert all(found[side] == pytest.approx(0.7 / 6) for side in range(1, 7))


def test_outcomes_of_a_program_without_choices():
    assert list(outcomes(lambda choose: "always")) == [("always", 1.0)]


def test_outcomes_reach_the_same_result_twice():
    ways = list(outcomes(lambda choose: choose(COIN) == choose(COIN)))
    assert Counter(result for result, _ in ways) == {True: 2, False: 2}
    assert sum(p for same, p in ways if same) == pytest.approx(0.7**2 + 0.3**2)


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=4), max_size=4))
def test_outcomes_are_the_product_of_independent_choices(weights):
    tables = [weighted(tuple(enumerate(row))) for row in weights]
    ways = list(outcomes(lambda choose: tuple(choose(table) for table in tables)))
    assert len(ways) == len(dict(ways)) == math.prod(len(row) for row in weights)
    for result, probability in ways:
        expected = math.prod(row[i] / sum(row) for row, i in zip(weights, result, strict=True))
        assert probability == pytest.approx(expected)


def test_the_sampler_draws_as_often_as_it_should():
    choose = sampler(Random(0))
    drawn = Counter(game(choose) for _ in range(20000))
    assert drawn[0] / 20000 == pytest.approx(0.3, abs=0.015)
    assert drawn[6] / 20000 == pytest.approx(0.7 / 6, abs=0.015)


def test_the_sampler_repeats_itself_by_seed():
    first, second = (sampler(Random(5)) for _ in range(2))
    assert [game(first) for _ in range(50)] == [game(second) for _ in range(50)]


def test_most_probable_takes_the_first_of_equals():
    assert most_probable(COIN) == "heads"
    assert most_probable(DIE) == 1


def test_makers():
    assert uniform(("a", "b")).probabilities == (0.5, 0.5)
    assert weighted((("a", 1), ("b", 3))).probabilities == (0.25, 0.75)
    assert chance(0.25).values == (True, False)
    assert (chance(0).values, chance(1).values) == ((False,), (True,))


@pytest.mark.parametrize(
    ("values", "probabilities", "message"),
    [
        ((), (), "at least one value"),
        (("a",), (0.5, 0.5), "one positive probability per value"),
        (("a", "b"), (1.0, 0.0), "one positive probability per value"),
        (("a", "b"), (0.5, 0.4), "sum to 0.9"),
    ],
)
def test_impossible_distributions(values, probabilities, message):
    with pytest.raises(ValueError, match=message):
        Distribution(values, probabilities)

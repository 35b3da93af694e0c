"""Programs of choices: one description of what can happen, run in three ways.

A program takes `choose`, a function that is handed a `Distribution` and returns one of its
values. Handed a sampler it draws; handed `most_probable` it makes the best choice everywhere;
handed to `outcomes` it is followed along every way, with the probability of each.
"""

from bisect import bisect
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any


class Distribution:
    """Finitely many values and their probabilities.

    Args:
        values: what can be chosen.
        probabilities: one positive float per value; they sum to 1.

    Raises:
        ValueError: lengths differ, a probability is not positive, or the sum is not 1.
    """

    __slots__ = ("values", "probabilities", "cumulative", "best")

    def __init__(self, values: Sequence[Any], probabilities: Sequence[float]):
        if not values or len(values) != len(probabilities) or min(probabilities) <= 0:
            raise ValueError(
                "expected one positive probability per value and at least one value; "
                f"came values {list(values)} and probabilities {list(probabilities)}"
            )
        if abs(sum(probabilities) - 1) > 1e-9:
            raise ValueError(
                f"expected probabilities that sum to 1; {list(probabilities)} of "
                f"{list(values)} sum to {sum(probabilities)}"
            )
        self.values = tuple(values)
        self.probabilities = tuple(probabilities)
        # The last bound is exactly 1, so that a draw below 1 always lands on a value.
        self.cumulative = (*accumulate(self.probabilities[:-1]), 1.0)
        self.best = self.values[self.probabilities.index(max(self.probabilities))]


Choose = Callable[[Distribution], Any]


@cache
def uniform(values: tuple[Hashable, ...]) -> Distribution:
    """Every one of `values` (a non-empty tuple) with the same probability."""
    return Distribution(values, [1 / len(values)] * len(values))


@cache
def chance(probability: float) -> Distribution:
    """True with `probability`, in [0, 1], else False."""
    pairs = [(True, probability), (False, 1 - probability)]
    return weighted(tuple(pair for pair in pairs if pair[1] > 0))


@cache
def weighted(pairs: tuple[tuple[Hashable, float], ...]) -> Distribution:
    """The values of `(value, weight)` pairs with probabilities in proportion to the weights."""
    total = sum(weight for _, weight in pairs)
    return Distribution([value for value, _ in pairs], [weight / total for _, weight in pairs])


def sampler(random: Random) -> Choose:
    """A `choose` that draws with `random`."""

    def choose(distribution):
        return distribution.values[bisect(distribution.cumulative, random.random())]

    return choose


def most_probable(distribution: Distribution) -> Any:
    """A `choose` that takes the most probable value, the first of equals."""
    return distribution.best


def outcomes(program: Callable[[Choose], Any]) -> Iterator[tuple[Any, float]]:
    """Follows every way through `program`.

    Args:
        program: a deterministic function of the answers that its `choose` gives.

    Yields:
        `(result, probability)` once for every way; the probabilities sum to 1, and the same
        result may come from several ways.
    """
    pending = [()]
    while pending:
        planned = pending.pop()
        made, probability = [], 1.0

        def choose(distribution, planned=planned, made=made):
            nonlocal probability
            if len(made) < len(planned):
                index = planned[len(made)]
            else:
                index = 0
                others = range(1, len(distribution.values))
                pending.extend((*made, other) for other in others)
            made.append(index)
            probability *= distribution.probabilities[index]
            return distribution.values[index]

        result = program(choose)
        yield result, probability

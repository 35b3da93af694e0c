"""Percentile bootstrap of any statistic of records: a resample is a vector of counts, one per
record, given to the statistic as weights, so no column is ever copied.
"""

from collections.abc import Callable, Iterator

import numpy as np

from be_keras.metrics.scores import scores
from be_keras.types import Array, Columns


def bootstrap_intervals(
    columns: Columns,
    statistic: Callable[..., dict[str, float]] = scores,
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    group: Array | None = None,
) -> dict[str, tuple[float, float]]:
    """Give the percentile interval of every value of a statistic (Efron & Tibshirani, 1993).

    Tokens of one sentence resemble each other: give `group` for them, or intervals come out too
    narrow. The interval of a calibration error can lie above its value, since resampling adds
    noise to the bins, and that error counts noise as a gap.

    Args:
        columns: dict of arrays `(N,)`, one entry per record.
        statistic: called as `statistic(columns, weights)` with counts `(N,)`; gives a dict of
            floats.
        samples: number of resamples, at least 1.
        level: share of the resamples inside the interval, between 0 and 1.
        seed: seed of the resampling; the same seed gives the same intervals.
        group: integers `(N,)`; records with the same one are drawn together, a whole group at a
            time. None draws every record on its own.

    Returns:
        dict from the statistic's names to `(low, high)`.

    Raises:
        ValueError: for fewer than two records or groups, a `group` of another length, or
            `samples` or `level` out of range.

    Examples:
        >>> def accuracy(columns, weights):
        ...     return {"accuracy": np.average(columns["correct"], weights=weights)}
        >>> columns = {"correct": np.array([1.0, 0.0] * 50)}
        >>> low, high = be_keras.metrics.bootstrap_intervals(columns, accuracy)["accuracy"]
        >>> low < 0.5 < high
        True
    """
    return _intervals(
        lambda weights: statistic(columns, weights), _length(columns), samples, level, seed, group
    )


def bootstrap_difference(
    columns_a: Columns,
    columns_b: Columns,
    statistic: Callable[..., dict[str, float]] = scores,
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    group: Array | None = None,
) -> dict[str, tuple[float, float]]:
    """Give the percentile interval of the difference, a minus b, of two systems' statistics.

    Paired: both systems have a record for every one of the same labels, in the same order, and
    each resample draws the same records of both, so what is hard for both cancels.

    Args and Raises: as `bootstrap_intervals`; a `ValueError` also if the two differ in length or
    in the columns `label` and `group`, where both have them.

    Returns:
        dict from the statistic's names to `(low, high)`.

    Examples:
        >>> def accuracy(columns, weights):
        ...     return {"accuracy": np.average(columns["correct"], weights=weights)}
        >>> a, b = {"correct": np.array([1.0, 0.0] * 50)}, {"correct": np.zeros(100)}
        >>> low, high = be_keras.metrics.bootstrap_difference(a, b, accuracy)["accuracy"]
        >>> 0 < low < 0.5 < high
        True
    """
    length, other = _length(columns_a), _length(columns_b)
    if length != other:
        raise ValueError(
            "A paired bootstrap needs both systems' records of the same labels. "
            f"Received {length} and {other} records"
        )
    for name in {"label", "group"} & columns_a.keys() & columns_b.keys():
        differing = np.count_nonzero(np.not_equal(columns_a[name], columns_b[name]))
        if differing:
            raise ValueError(
                "A paired bootstrap needs both systems' records in the same order. "
                f"Column '{name}' differs in {differing} of {length} records"
            )

    def difference(weights: np.ndarray) -> dict[str, float]:
        a, b = statistic(columns_a, weights), statistic(columns_b, weights)
        return {name: a[name] - b[name] for name in a}

    return _intervals(difference, length, samples, level, seed, group)


def _length(columns: Columns) -> int:
    """Give the number of records."""
    return len(next(iter(columns.values()), ()))


def _intervals(
    statistic: Callable[..., dict[str, float]],
    length: int,
    samples: int,
    level: float,
    seed: int,
    group: Array | None,
) -> dict[str, tuple[float, float]]:
    """Give `(low, high)` for every value of `statistic(weights)` over the resamples."""
    if samples < 1 or not 0.0 < level < 1.0:
        raise ValueError(
            "`samples` must be at least 1 and `level` between 0 and 1. "
            f"Received samples={samples}, level={level}"
        )
    values = [statistic(weights) for weights in _resamples(length, samples, seed, group)]
    tail = (1.0 - level) / 2.0
    intervals = {}
    for name in values[0]:
        low, high = np.quantile([value[name] for value in values], (tail, 1.0 - tail))
        intervals[name] = (float(low), float(high))
    return intervals


def _resamples(length: int, samples: int, seed: int, group: Array | None) -> Iterator[np.ndarray]:
    """Yield, `samples` times, how often each record is in a resample: counts `(N,)`."""
    group = np.arange(length) if group is None else np.asarray(group)
    if group.shape != (length,):
        raise ValueError(
            f"`group` must have one integer per record, shape ({length},). "
            f"Received shape {group.shape}"
        )
    names, unit = np.unique(group, return_inverse=True)
    if len(names) < 2:
        raise ValueError(
            "A bootstrap needs at least 2 records, or 2 groups, to draw from. "
            f"Received {len(names)}; give the score without an interval"
        )
    rng = np.random.default_rng(seed)
    for _ in range(samples):
        drawn = rng.integers(len(names), size=len(names))
        yield np.bincount(drawn, minlength=len(names))[unit]

"""Bucket lengths against every other choice, on histograms small enough to try them all."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.data.buckets import choose_buckets, rows_of


def positions(histogram, ends, tokens, multiple_of):
    """The positions of an epoch, counted batch by batch."""
    total, start = 0, 0
    for end in ends:
        sentences = sum(histogram[start : end + 1])
        rows = max(tokens // end // multiple_of, 1) * multiple_of
        while sentences > 0:
            total += rows * end
            sentences -= rows
        start = end + 1
    return total


@given(
    histogram=st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(any),
    buckets=st.integers(1, 5),
    tokens=st.integers(1, 40),
    multiple_of=st.integers(1, 4),
)
def test_no_choice_is_better(histogram, buckets, tokens, multiple_of):
    histogram = [0, *histogram]
    lengths = [length for length, count in enumerate(histogram) if count]
    chosen = choose_buckets(np.array(histogram), tokens, buckets, multiple_of).tolist()
    least = min(
        positions(histogram, [*some, lengths[-1]], tokens, multiple_of)
        for count in range(min(buckets, len(lengths)))
        for some in combinations(lengths[:-1], count)
    )
    assert positions(histogram, chosen, tokens, multiple_of) == least
    assert chosen == sorted(set(chosen))
    assert chosen[-1] == lengths[-1]
    assert len(chosen) <= buckets


@pytest.mark.parametrize(
    ("counts", "buckets", "ends"),
    [
        ({4: 100, 5: 100}, 8, [4, 5]),
        ({4: 100, 5: 100}, 1, [5]),
        ({3: 10, 4: 1000, 20: 1000}, 2, [4, 20]),
        ({7: 5}, 8, [7]),
        # One half-filled batch of 20 would cost as much as it saves.
        ({10: 1, 20: 1}, 2, [20]),
    ],
)
def test_known_histograms(counts, buckets, ends):
    histogram = np.zeros(max(counts) + 1, int)
    for length, count in counts.items():
        histogram[length] = count
    assert choose_buckets(histogram, 40, buckets).tolist() == ends


@pytest.mark.parametrize(
    ("length", "tokens", "multiple_of", "rows"),
    [(10, 100, 1, 10), (30, 100, 1, 3), (30, 100, 2, 2), (30, 100, 4, 4), (101, 100, 1, 1)],
)
def test_known_rows(length, tokens, multiple_of, rows):
    assert rows_of(length, tokens, multiple_of) == rows
    assert rows_of(np.array([length]), tokens, multiple_of).tolist() == [rows]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"buckets": 0}, "1 to 16 buckets, got 0"),
        ({"buckets": 17}, "1 to 16 buckets, got 17"),
        ({"tokens_per_batch": 0}, "got 0 and 1"),
        ({"multiple_of": 0}, "got 40 and 0"),
        ({"histogram": np.zeros(3, int)}, "at least one sentence"),
    ],
)
def test_bad_options(options, message):
    options = {"histogram": np.array([0, 1]), "tokens_per_batch": 40, **options}
    with pytest.raises(ValueError, match=message):
        choose_buckets(**options)

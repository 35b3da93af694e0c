"""Which lengths to pad to: a handful of static shapes with the least padding.

Takes a histogram of lengths, gives bucket lengths; knows nothing of text or batches on disk.
"""

import numpy as np

MAX_BUCKETS = 16  # each static shape costs one compilation of the model


def rows_of(length: int | np.ndarray, tokens_per_batch: int, multiple_of: int = 1):
    """Give the rows of a batch of one length: as many as the tokens allow, in whole multiples.

    Args:
        length: positions of a row; an int or an integer array.
        tokens_per_batch: the most positions of a batch.
        multiple_of: rows are a multiple of this, and at least this, even where that is more
            tokens than allowed.
    """
    return np.maximum(tokens_per_batch // length // multiple_of, 1) * multiple_of


def choose_buckets(
    histogram: np.ndarray, tokens_per_batch: int, buckets: int = 8, multiple_of: int = 1
) -> np.ndarray:
    """Choose the bucket lengths that make an epoch smallest, by dynamic programming.

    The size of an epoch is the number of positions in all its batches: every sentence is padded
    to the shortest bucket that holds it, and the last batch of a bucket to its full rows.

    Args:
        histogram: (longest + 1,) integers; `histogram[n]` sentences have length n, none 0.
        tokens_per_batch, multiple_of: as in `rows_of`.
        buckets: the most buckets to use, 1 to 16; fewer are given where more save nothing.

    Returns:
        Increasing lengths, int64 (K,), K at most `buckets`; the last is the longest length.

    Raises:
        ValueError: no sentence, or an option out of its range.
    """
    if not 1 <= buckets <= MAX_BUCKETS:
        raise ValueError(f"expected 1 to {MAX_BUCKETS} buckets, got {buckets}")
    if tokens_per_batch < 1 or multiple_of < 1:
        raise ValueError(
            f"expected positive tokens_per_batch and multiple_of, got {tokens_per_batch} and"
            f" {multiple_of}"
        )
    lengths = np.flatnonzero(histogram)
    if not lengths.size:
        raise ValueError("expected at least one sentence, got an empty histogram")
    rows = rows_of(lengths, tokens_per_batch, multiple_of)
    # before[j]: sentences shorter than lengths[j]; before[-1]: all.
    before = np.concatenate([[0], np.cumsum(np.asarray(histogram, np.int64)[lengths])])

    # best[j]: the least positions for the j shortest lengths with the buckets used so far.
    best = np.full(len(lengths) + 1, np.inf)
    best[0] = 0
    choices = []
    totals = []
    for _ in range(min(buckets, len(lengths))):
        best, choice = _add_bucket(best, lengths, rows, before)
        choices.append(choice)
        totals.append(best[-1])
    return _trace(choices[: int(np.argmin(totals)) + 1], lengths)


def _add_bucket(
    best: np.ndarray, lengths: np.ndarray, rows: np.ndarray, before: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the least positions with one bucket more, and where that bucket starts, (L + 1,)."""
    better = np.full_like(best, np.inf)
    choice = np.zeros(len(best), np.int64)
    for end in range(1, len(best)):
        sentences = before[end] - before[:end]
        batches = -(-sentences // rows[end - 1])
        cost = best[:end] + batches * rows[end - 1] * lengths[end - 1]
        choice[end] = np.argmin(cost)
        better[end] = cost[choice[end]]
    return better, choice


def _trace(choices: list[np.ndarray], lengths: np.ndarray) -> np.ndarray:
    """Follow the choices back from the longest length to the bucket lengths."""
    end = len(lengths)
    found = []
    for choice in reversed(choices):
        found.append(lengths[end - 1])
        end = choice[end]
    return np.array(found[::-1], np.int64)

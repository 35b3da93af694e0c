"""Which pairs of a corpus came before, in memory that does not grow with the corpus.

Takes the 64-bit hashes of all pairs, which lie on disk in parts (the chunks of
`translation.preparation.chunks`), and writes a mark for each. Hashes are dealt out by their value,
so that equal ones meet, and one share after another is sorted. That any two different pairs of 41
million have the same 64 bits has a chance of 5 in 100,000.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from be_tracks.atomic import atomic_write

AT_ONCE = 4_000_000  # hashes sorted at a time: about 150 MB


def mark_repeats(chunks: Sequence[Path], path: Path, at_once: int = AT_ONCE) -> int:
    """Mark every pair whose hash came before.

    Args:
        chunks: `.npy` files of uint64 hashes, in the order of the corpus.
        path: the `.npy` file to write, whole: bool (pairs,), true for a repeat.
        at_once: about how many hashes to hold at a time.

    Returns:
        The number of repeats.
    """
    starts = np.cumsum([0, *(len(np.load(chunk)) for chunk in chunks)])
    shares = max(-(-int(starts[-1]) // at_once), 1)
    count = 0
    with atomic_write(path) as partial:
        marks = _new_marks(partial, int(starts[-1]))
        for share in range(shares):
            repeats = _repeats(*_of_share(chunks, starts, share, shares))
            marks[repeats] = True
            count += len(repeats)
        del marks  # flushes the map
    return count


def _repeats(hashes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Give the places of all hashes but the first of equal ones."""
    order = np.argsort(hashes, kind="stable")  # equal hashes stay in the corpus' order
    hashes = hashes[order]
    return places[order[1:][hashes[1:] == hashes[:-1]]]


def _new_marks(path: Path, pairs: int) -> np.ndarray:
    """Make a file of marks, all false; an empty one cannot be mapped."""
    if not pairs:
        np.save(path, np.zeros(0, bool))
        return np.zeros(0, bool)
    return np.lib.format.open_memmap(path, "w+", bool, (pairs,))


def _of_share(
    chunks: Sequence[Path], starts: np.ndarray, share: int, shares: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give the hashes that fall to one share, and their places in the corpus."""
    hashes, places = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for chunk, start in zip(chunks, starts, strict=False):
        all_hashes = np.load(chunk)
        mine = np.flatnonzero(all_hashes % np.uint64(shares) == share)
        hashes.append(all_hashes[mine])
        places.append(start + mine)
    return np.concatenate(hashes), np.concatenate(places)

"""Token ids on disk: shards in NumPy's own format, read as memory maps.

A split is one shard or many, numbered as in `train-00003-of-00021`. `SHARD.ids.npy` holds source
and target of every pair in turn (uint16; uint32 where V > 65535), `SHARD.offsets.npy` 2n + 1
positions in it (int64), so pair i is source `[o[2i], o[2i+1])` and target `[o[2i+1], o[2i+2])`.
No begin or end marks.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from be_tracks.atomic import atomic_write
from be_tracks.errors import UserError

_AGAIN = "prepare the data again."


def id_type(vocabulary_size: int) -> str:
    """Give the smallest of uint16 and uint32 that holds the ids 0 to V - 1."""
    return "uint16" if vocabulary_size <= 65535 else "uint32"


def shard_name(split: str, number: int = 0, shards: int = 1) -> str:
    """Name one shard of a split, such as `train-00003-of-00021`."""
    return f"{split}-{number:05d}-of-{shards:05d}"


class ShardWriter:
    """Writes one shard, as a context manager; the files appear at a clean end. Memory holds all.

    Args:
        folder: an existing folder.
        split: the split's name.
        vocabulary_size: V; larger ids are refused.
        number, shards: which shard of how many.

    Attributes:
        pairs: pairs written so far.
        tokens: `[source, target]` ids written so far.
    """

    def __init__(
        self,
        folder: str | Path,
        split: str,
        vocabulary_size: int,
        number: int = 0,
        shards: int = 1,
    ):
        self._path = Path(folder) / shard_name(split, number, shards)
        self._type = id_type(vocabulary_size)
        self._vocabulary_size = vocabulary_size
        self.pairs = 0
        self.tokens = [0, 0]

    def __enter__(self) -> "ShardWriter":
        self._ids = array("H" if self._type == "uint16" else "I")
        self._offsets = array("q", [0])
        return self

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            for part, array in (
                ("ids", np.array(self._ids, self._type)),
                ("offsets", np.array(self._offsets, np.int64)),
            ):
                with atomic_write(_part(self._path, part)) as partial:
                    np.save(partial, array)

    def append(self, source: Sequence[int], target: Sequence[int]) -> None:
        """Write one pair of id lists; raises ValueError for an id outside 0 to V - 1."""
        ids = [*source, *target]
        if ids and not 0 <= min(ids) <= max(ids) < self._vocabulary_size:
            raise ValueError(
                f"expected ids from 0 to {self._vocabulary_size - 1}, got {min(ids)} to"
                f" {max(ids)} in pair {self.pairs}"
            )
        start = len(self._ids)
        self._ids.extend(ids)
        self._offsets.extend((start + len(source), start + len(ids)))
        self.pairs += 1
        self.tokens[0] += len(source)
        self.tokens[1] += len(target)


class TokenCorpus:
    """One split, all its shards as one, read from disk as it is needed.

    Args:
        folder: the folder that `prepare` wrote.
        split: "train", "valid" or "test".

    Raises:
        UserError: the split is not there, or its files do not belong together.
    """

    def __init__(self, folder: str | Path, split: str):
        found = next(Path(folder).glob(f"{split}-?????-of-?????.offsets.npy"), None)
        if found is None:
            raise UserError(
                f"{folder}: expected the prepared split {split!r} ({shard_name(split)}.offsets.npy"
                " or several such), but it is not there; make it with the subcommand prepare."
            )
        shards = int(found.name.removesuffix(".offsets.npy").rpartition("-")[2])
        names = [shard_name(split, number, shards) for number in range(shards)]
        self._shards = [_read_shard(Path(folder) / name, split) for name in names]
        # Of each shard, the index of its first pair; and the number of all pairs.
        self._starts = np.cumsum([0, *(len(o) // 2 for _, o in self._shards)]).tolist()

    def __len__(self) -> int:
        return self._starts[-1]

    def lengths(self) -> np.ndarray:
        """Give the number of ids of every source and target: (n, 2), uint16 where all fit.

        The largest uint16 is not used, so that an end mark may be added.
        """
        longest = max((np.diff(offsets).max(initial=0) for _, offsets in self._shards), default=0)
        found = np.empty((len(self), 2), np.uint16 if longest < 65535 else np.int64)
        for (_, offsets), start in zip(self._shards, self._starts, strict=False):
            mine = np.diff(offsets).reshape(-1, 2)
            found[start : start + len(mine)] = mine
        return found

    def pair(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Give source and target ids of one pair, unsigned, as views of the file.

        Raises IndexError for an index outside 0 to n - 1.
        """
        index = int(index)
        if not 0 <= index < len(self):
            raise IndexError(f"expected a pair from 0 to {len(self) - 1}, got {index}")
        shard = bisect_right(self._starts, index) - 1
        ids, offsets = self._shards[shard]
        place = 2 * (index - self._starts[shard])
        start, middle, end = offsets[place : place + 3]
        return ids[start:middle], ids[middle:end]


def _part(shard: Path, part: str) -> Path:
    return shard.with_name(f"{shard.name}.{part}.npy")


def _read_shard(shard: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Map ids and offsets of one shard, and check that they belong together."""
    ids, offsets = (_memory_map(_part(shard, part)) for part in ("ids", "offsets"))
    sound = ids.dtype in (np.uint16, np.uint32) and offsets.dtype == np.int64
    if not sound or len(offsets) % 2 == 0 or offsets[-1] != len(ids):
        raise UserError(
            f"{shard.parent}: the files of split {split!r} do not belong together (expected an odd"
            f" number of offsets that end at {len(ids)} in {shard.name}); {_AGAIN}"
        )
    return ids, offsets


def _memory_map(path: Path) -> np.ndarray:
    """Map a one-dimensional .npy file."""
    try:
        found = np.load(path, mmap_mode="r")
    except FileNotFoundError:
        raise UserError(f"{path}: the file is missing; {_AGAIN}") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: expected a whole NumPy array ({error}); {_AGAIN}") from None
    if found.ndim != 1:
        raise UserError(f"{path}: expected an array of one axis, got {found.ndim}; {_AGAIN}")
    return np.asarray(found)  # a slice of a memmap itself is slow

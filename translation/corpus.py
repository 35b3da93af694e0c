"""Token ids on disk: written as a stream, read as a memory map.

A split is two flat little-endian files. `SPLIT.ids.uint16` (`.uint32` where V > 65535) holds
source and target of every pair in turn; `SPLIT.offsets.int64` holds 2n + 1 positions in it, so
pair i is source `[o[2i], o[2i+1])` and target `[o[2i+1], o[2i+2])`. No begin or end marks.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from be_keras.tracks.errors import UserError

ID_TYPES = ("uint16", "uint32")


def id_type(vocabulary_size: int) -> str:
    """Give the smallest type of `ID_TYPES` that holds the ids 0 to V - 1."""
    return "uint16" if vocabulary_size <= 65535 else "uint32"


class ShardWriter:
    """Writes one split, as a context manager; the files appear under their names at a clean end.

    Args:
        folder: an existing folder.
        split: the split's name.
        vocabulary_size: V; larger ids are refused.

    Attributes:
        pairs: pairs written so far.
        tokens: `[source, target]` ids written so far.
    """

    def __init__(self, folder: str | Path, split: str, vocabulary_size: int):
        kind = id_type(vocabulary_size)
        self._names = [
            Path(folder) / f"{split}.ids.{kind}",
            Path(folder) / f"{split}.offsets.int64",
        ]
        self._type = np.dtype(kind).newbyteorder("<")
        self._vocabulary_size = vocabulary_size
        self.pairs = 0
        self.tokens = [0, 0]

    def __enter__(self) -> "ShardWriter":
        self._ids, self._offsets = (_partial(name).open("wb") for name in self._names)
        self._offsets.write(np.zeros(1, "<i8").tobytes())
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._ids.close()
        self._offsets.close()
        for name in self._names:
            if kind is None:
                _partial(name).replace(name)
            else:
                _partial(name).unlink()

    def append(self, source: Sequence[int], target: Sequence[int]) -> None:
        """Write one pair of id lists; raises ValueError for an id outside 0 to V - 1."""
        start = sum(self.tokens)
        ids = np.array([*source, *target], np.int64)
        if ids.size and not 0 <= ids.min() <= ids.max() < self._vocabulary_size:
            raise ValueError(
                f"expected ids from 0 to {self._vocabulary_size - 1}, got {ids.min()} to"
                f" {ids.max()} in pair {self.pairs}"
            )
        ends = [start + len(source), start + ids.size]
        self._ids.write(ids.astype(self._type).tobytes())
        self._offsets.write(np.array(ends, "<i8").tobytes())
        self.pairs += 1
        self.tokens[0] += len(source)
        self.tokens[1] += len(target)


class TokenCorpus:
    """One split, read from disk as it is needed.

    Args:
        folder: the folder that `prepare` wrote.
        split: "train", "valid" or "test".

    Raises:
        UserError: the split is not there, or its files do not belong together.
    """

    def __init__(self, folder: str | Path, split: str):
        offsets = Path(folder) / f"{split}.offsets.int64"
        found = [path for kind in ID_TYPES if (path := _ids_path(folder, split, kind)).is_file()]
        if len(found) != 1 or not offsets.is_file():
            raise UserError(
                f"{folder}: expected the prepared split {split!r} ({offsets.name} and one ids"
                " file), but it is not there; make it with the verb prepare."
            )
        kind = found[0].suffix.removeprefix(".")
        self._ids = _memory_map(found[0], np.dtype(kind).newbyteorder("<"))
        self._offsets = _memory_map(offsets, np.dtype("<i8"))
        if len(self._offsets) % 2 == 0 or self._offsets[-1] != len(self._ids):
            raise UserError(
                f"{folder}: the files of split {split!r} do not belong together (expected an odd"
                f" number of offsets that end at {len(self._ids)}); prepare the data again."
            )

    def __len__(self) -> int:
        return len(self._offsets) // 2

    def lengths(self) -> np.ndarray:
        """Give the number of ids of every source and target: int64 (n, 2)."""
        return np.diff(self._offsets).reshape(-1, 2)

    def pair(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Give source and target ids of one pair, unsigned, as views of the file.

        Raises IndexError for an index outside 0 to n - 1.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"expected a pair from 0 to {len(self) - 1}, got {index}")
        start, middle, end = self._offsets[2 * index : 2 * index + 3]
        return self._ids[start:middle], self._ids[middle:end]


def _ids_path(folder: str | Path, split: str, kind: str) -> Path:
    return Path(folder) / f"{split}.ids.{kind}"


def _partial(path: Path) -> Path:
    return path.with_name(f"{path.name}.partial")


def _memory_map(path: Path, kind: np.dtype) -> np.ndarray:
    """Map a flat file; an empty one, which cannot be mapped, is an empty array."""
    if path.stat().st_size < kind.itemsize:
        return np.empty(0, kind)
    try:
        return np.asarray(np.memmap(path, kind, "r"))  # a slice of a memmap itself is slow
    except ValueError:
        raise UserError(
            f"{path}: expected a multiple of {kind.itemsize} bytes, got {path.stat().st_size};"
            " prepare the data again."
        ) from None

"""Where the pairs of a split come from: files that lie here.

Takes paths, gives pairs and what the card says of the files. `translation.preparation.tfds` has
the same two methods for what tensorflow-datasets fetches.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol

from translation.data.card import sha256
from translation.data.text import Pair, Paths, as_paths, read_pairs, read_tabbed


class Source(Protocol):
    """What a split is read from."""

    def pairs(self) -> Iterator[Pair]:
        """Give the pairs, the same ones in the same order at every call."""

    def describe(self) -> dict:
        """Say what they are, for the card, in JSON values."""


class TextFiles:
    """Parallel files, and after them files of tab-separated pairs.

    Args:
        source, target: as in `translation.data.text.read_pairs`.
        tabbed: as in `translation.data.text.read_tabbed`.
    """

    def __init__(self, source: Paths, target: Paths, tabbed: Paths = ()):
        self.source, self.target, self.tabbed = map(as_paths, (source, target, tabbed))

    def pairs(self) -> Iterator[Pair]:
        """Read the pairs; raises UserError as the readers do."""
        return chain(read_pairs(self.source, self.target), read_tabbed(self.tabbed))

    def describe(self) -> dict:
        """Give name and hash of every file; raises UserError where one cannot be read."""
        sides = {"source": self.source, "target": self.target}
        if self.tabbed:
            sides["pairs"] = self.tabbed
        return {side: list(map(describe_file, paths)) for side, paths in sides.items()}


def describe_file(path: str | Path) -> dict:
    """Give the name and the hash of a file."""
    return {"file": Path(path).name, "sha256": sha256(path)}

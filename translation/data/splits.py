"""One split of a prepared folder: its text and its token ids.

Takes pairs of lines, writes `SPLIT.source.txt`, `SPLIT.target.txt` and shards of
`translation.data.token_shards`; changes no line.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from be_tracks.atomic import atomic_write
from translation.data.text import Pair, read_pairs
from translation.data.token_shards import ShardWriter
from translation.data.vocabulary import Vocabulary

_CHUNK = 4096  # pairs encoded in one call, which spreads them over the threads


def text_paths(folder: str | Path, split: str) -> tuple[Path, Path]:
    """Give the paths of a split's source and target text."""
    return Path(folder) / f"{split}.source.txt", Path(folder) / f"{split}.target.txt"


def write_text(folder: str | Path, split: str, pairs: Iterable[Pair], progress: bool = True) -> int:
    """Write the text of a split, a sentence a line; give the number of pairs."""
    source, target = text_paths(folder, split)
    count = 0
    with (
        atomic_write(source) as source,
        atomic_write(target) as target,
        source.open("w", encoding="utf-8", newline="\n") as left,
        target.open("w", encoding="utf-8", newline="\n") as right,
    ):
        for one, other in show(pairs, f"read {split}") if progress else pairs:
            left.write(one + "\n")
            right.write(other + "\n")
            count += 1
    return count


def read_text(folder: str | Path, split: str) -> Iterator[Pair]:
    """Read back what `write_text` wrote."""
    return read_pairs(*text_paths(folder, split))


def write_ids(
    folder: str | Path,
    split: str,
    pairs: Iterable[Pair],
    vocabulary: Vocabulary,
    max_length: int | None = None,
    shard: tuple[int, int] = (0, 1),
    threads: int = -1,
) -> tuple[dict, int]:
    """Encode pairs and write their ids as one shard.

    Args:
        folder, split: where to.
        pairs: text, white space as it came.
        vocabulary: gives the ids.
        max_length: the most positions of either side, the end mark included; longer pairs are
            left out. None keeps every pair.
        shard: which shard of how many.
        threads: as in `Vocabulary.encode`.

    Returns:
        `{"pairs", "source_tokens", "target_tokens", "longest"}` (tokens without end marks, the
        longest side with it), and the number of pairs left out.
    """
    longest = dropped = 0
    with ShardWriter(folder, split, vocabulary.size, *shard) as writer:
        for source, target in _encoded(pairs, vocabulary, threads):
            length = max(len(source), len(target)) + 1
            if max_length is not None and length > max_length:
                dropped += 1
                continue
            longest = max(longest, length)
            writer.append(source, target)
    counts = {
        "pairs": writer.pairs,
        "source_tokens": writer.tokens[0],
        "target_tokens": writer.tokens[1],
        "longest": longest,
    }
    return counts, dropped


def show(pairs: Iterable[Pair] | None, doing: str, total: int | None = None) -> tqdm:
    """Show on standard error how many pairs have passed, and how fast.

    Args:
        pairs: what passes; None for a display that the caller updates.
        doing: what is done with them.
        total: how many there are.
    """
    return tqdm(pairs, desc=doing, total=total, unit=" pairs", mininterval=0.5)


def _encoded(
    pairs: Iterable[Pair], vocabulary: Vocabulary, threads: int
) -> Iterator[tuple[list[int], list[int]]]:
    """Encode pairs a chunk at a time."""
    pairs = iter(pairs)
    while chunk := list(islice(pairs, _CHUNK)):
        source, target = zip(*chunk, strict=True)
        sides = (vocabulary.encode(side, threads) for side in (source, target))
        yield from zip(*sides, strict=True)

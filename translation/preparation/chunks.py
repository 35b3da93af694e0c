"""Training pairs in chunks of a few hundred thousand: cleaned, parted from repeats, encoded.

Takes a stream of pairs and a staging directory. Each step leaves whole files there for each chunk,
and a record marking it as done, so that any of them may be done in another process, and none has to
be done twice. No step holds more of the corpus than a chunk and a few bytes a pair.

    00003.source.txt, 00003.target.txt, 00003.hashes.npy   the clean pairs of a chunk
    00003.cleaned.json                                     its counts
    repeats.npy                                            of all chunks: which pairs came before
    00003.encoded.json                                     counts of its shard, which lies in `made`
"""

import os
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import compress, count, islice, takewhile
from pathlib import Path

import numpy as np

from be_tracks.atomic import atomic_write
from translation.data.splits import read_text, show, text_paths, write_ids, write_text
from translation.data.text import Pair
from translation.data.vocabulary import Vocabulary
from translation.preparation.cleaning import RULES, Cleaner
from translation.preparation.deduplication import mark_repeats
from translation.preparation.process_pool import Workers
from translation.preparation.sources import Source
from translation.preparation.staging_directory import read_record, write_record

CHUNK_PAIRS = 200_000
TRAIN, REPEAT, HELD_OUT = 0, 1, 2  # what becomes of a clean pair


class CleanText:
    """The clean training pairs in a staging directory.

    Args:
        folder: the staging directory, as `clean` left it.
        repeats: bool (pairs,), which pairs came before.

    Attributes:
        chunks: number of chunks.
        read: pairs read.
        removed: pairs removed, by rule.
        kept: pairs that are left.
    """

    def __init__(self, folder: Path, repeats: np.ndarray):
        self.folder = folder
        records = _records(folder)
        self.chunks = len(records)
        self.read = sum(record["read"] for record in records)
        removed = Counter({"duplicate": int(np.count_nonzero(repeats))})
        for record in records:
            removed.update(record["removed"])
        self.removed = {rule: removed[rule] for rule in RULES}
        self.kept = self.read - sum(self.removed.values())
        self._ends = np.cumsum([0, *(record["kept"] for record in records)]).tolist()
        self._status = repeats.view(np.uint8)

    def hold_out(self, chosen: np.ndarray) -> None:
        """Take pairs out of the training: indices among the pairs kept, increasing."""
        before = 0
        for chunk in range(self.chunks):
            status = self._of(chunk)
            mine = np.flatnonzero(status == TRAIN)
            first, last = np.searchsorted(chosen, (before, before + len(mine)))
            status[mine[chosen[first:last] - before]] = HELD_OUT
            before += len(mine)

    def pairs(self, status: int) -> Iterator[Pair]:
        """Give the pairs of one status, in the order of the corpus."""
        for chunk in range(self.chunks):
            yield from _chosen_pairs(self.folder, chunk, self.chosen(chunk, status))

    def chosen(self, chunk: int, status: int) -> np.ndarray:
        """Say which pairs of a chunk have this status: bool."""
        return self._of(chunk) == status

    def _of(self, chunk: int) -> np.ndarray:
        return self._status[self._ends[chunk] : self._ends[chunk + 1]]


def clean(folder: Path, source: Source, rules: dict, workers: Workers) -> CleanText:
    """Clean pairs into a staging directory, from where an earlier call was stopped.

    Args:
        folder: the staging directory.
        source: the same at every call; read to its end unless that was done before.
        rules: the arguments of `Cleaner`.
        workers: do the cleaning.
    """
    if not (folder / "read.json").exists():
        for _ in workers.map(_clean_chunk, _chunk_tasks(folder, source, rules)):
            pass
        write_record(folder / "read.json", {})
    records = _records(folder)
    if rules["keep_duplicates"]:
        return CleanText(folder, np.zeros(sum(record["kept"] for record in records), bool))
    repeats = folder / "repeats.npy"
    if not repeats.exists():
        hashes = [folder / f"{_name(chunk)}.hashes.npy" for chunk in range(len(records))]
        mark_repeats(hashes, repeats)
    # Copy on write: `hold_out` marks pairs of its own.
    return CleanText(folder, np.asarray(np.load(repeats, mmap_mode="c")))


def encode(
    text: CleanText, made: Path, vocabulary: tuple[Path, str], max_length: int, workers: Workers
) -> tuple[dict, int]:
    """Encode the training pairs, a shard a chunk, from where an earlier call was stopped.

    Args:
        text: the clean pairs.
        made: the folder of the shards.
        vocabulary: the file of the SentencePiece model, and its hash.
        max_length, and what is returned: as in `translation.data.splits.write_ids`.
        workers: do the encoding.
    """
    # Where one chunk is all there is, its sentences are spread over threads instead.
    threads = 1 if text.chunks > 1 else workers.count
    tasks = (
        (text.folder, (chunk, text.chunks), text.chosen(chunk, TRAIN), made)
        + (vocabulary, max_length, threads)
        for chunk in range(text.chunks)
    )
    total = {"pairs": 0, "source_tokens": 0, "target_tokens": 0, "longest": 0}
    too_long = 0
    with show(None, "encode train", text.kept) as bar:
        for counts, dropped in workers.map(_encode_chunk, tasks):
            longest = max(total["longest"], counts["longest"])
            total = {key: total[key] + counts[key] for key in total} | {"longest": longest}
            too_long += dropped
            bar.update(counts["pairs"] + dropped)
    return total, too_long


def is_worth_keeping(folder: Path) -> bool:
    """Say whether a staging directory holds more than a minute's work: two chunks."""
    return _record(folder, 1) is not None


def _chosen_pairs(folder: Path, chunk: int, chosen: np.ndarray) -> Iterator[Pair]:
    """Give the clean pairs of a chunk for which `chosen`, bool, is true."""
    return compress(read_text(folder, _name(chunk)), chosen.tolist()) if chosen.any() else iter(())


def _chunk_tasks(folder: Path, source: Source, rules: dict) -> Iterator[tuple]:
    """Write the pairs to disk a chunk at a time; give a task for each one not cleaned already.

    Pairs go to other processes by way of the disk, so that nobody holds a chunk in memory.
    """
    pairs = iter(show(source.pairs(), "read train"))
    for chunk in count():
        mine = islice(pairs, CHUNK_PAIRS)
        if _record(folder, chunk) is not None:
            size = sum(1 for _ in mine)
        else:
            raw = f"{_name(chunk)}.raw.{os.getpid()}"
            size = write_text(folder, raw, mine, progress=False)
            if size:
                yield folder, chunk, raw, rules
        if size < CHUNK_PAIRS:
            return


def _clean_chunk(folder: Path, chunk: int, raw: str, rules: dict) -> None:
    """Clean one chunk."""
    cleaner = Cleaner(**rules)
    name = _name(chunk)
    kept = write_text(folder, name, cleaner.clean(read_text(folder, raw)), progress=False)
    with atomic_write(folder / f"{name}.hashes.npy") as hashes:
        np.save(hashes, cleaner.hashes)
    record = {"read": cleaner.read, "kept": kept, "removed": cleaner.removed}
    write_record(folder / f"{name}.cleaned.json", record)
    for path in text_paths(folder, raw):
        path.unlink()


def _encode_chunk(
    folder: Path,
    shard: tuple[int, int],
    chosen: np.ndarray,
    made: Path,
    vocabulary: tuple[Path, str],
    max_length: int,
    threads: int,
) -> tuple[dict, int]:
    """Encode one chunk, unless that is done; gives what `write_ids` gives."""
    record = folder / f"{_name(shard[0])}.encoded.json"
    if not record.exists():
        pairs = _chosen_pairs(folder, shard[0], chosen)
        model = _vocabulary(*vocabulary)
        found = write_ids(made, "train", pairs, model, max_length, shard, threads)
        write_record(record, found)
    return read_record(record)


@lru_cache(maxsize=1)
def _vocabulary(path: Path, sha256: str) -> Vocabulary:
    """Load a vocabulary once a process; another hash means another file."""
    return Vocabulary(path)


def _records(folder: Path) -> list[dict]:
    """Give the records of the chunks cleaned so far."""
    records = (_record(folder, chunk) for chunk in count())
    return list(takewhile(lambda record: record is not None, records))


def _record(folder: Path, chunk: int) -> dict | None:
    return read_record(folder / f"{_name(chunk)}.cleaned.json")


def _name(chunk: int) -> str:
    return f"{chunk:05d}"

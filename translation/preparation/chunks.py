"""Training pairs in units of a few hundred thousand: cleaned, parted from repeats, encoded.

Takes a stream of pairs and a work folder. Each step leaves whole files there for each unit and a
record that marks it as done, so that any of them may be done in another process, and none has to
be done twice. No step holds more of the corpus than a unit and a few bytes a pair.

    00003.source.txt, 00003.target.txt, 00003.hashes.npy   the clean pairs of a unit
    00003.cleaned.json                                     its counts
    repeats.npy                                            of all units: which pairs came before
    00003.encoded.json                                     counts of its shard, which lies in `made`
"""

import os
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import compress, count, islice, takewhile
from pathlib import Path

import numpy as np

from be_tracks.atomic import whole_array
from translation.data.splits import read_text, show, text_paths, write_ids, write_text
from translation.data.text import Pair
from translation.data.vocabulary import Vocabulary
from translation.preparation.cleaning import RULES, Cleaner
from translation.preparation.deduplication import mark_repeats
from translation.preparation.process_pool import Workers
from translation.preparation.sources import Source
from translation.preparation.work_folder import read_record, write_record

UNIT_PAIRS = 200_000
TRAIN, REPEAT, HELD_OUT = 0, 1, 2  # what becomes of a clean pair


class CleanText:
    """The clean training pairs in a work folder.

    Args:
        folder: the work folder, as `clean` left it.
        repeats: bool (pairs,), which pairs came before.

    Attributes:
        units: number of units.
        read: pairs read.
        removed: pairs removed, by rule.
        kept: pairs that are left.
    """

    def __init__(self, folder: Path, repeats: np.ndarray):
        self.folder = folder
        records = _records(folder)
        self.units = len(records)
        self.read = sum(record["read"] for record in records)
        removed = Counter({"duplicate": int(np.count_nonzero(repeats))})
        for record in records:
            removed.update(record["removed"])
        self.removed = {rule: removed[rule] for rule in RULES}
        self.kept = self.read - sum(self.removed.values())
        self._ends = np.cumsum([0, *(record["kept"] for record in records)]).tolist()
        self._fates = repeats.view(np.uint8)

    def hold_out(self, chosen: np.ndarray) -> None:
        """Take pairs out of the training: indices among the pairs kept, increasing."""
        before = 0
        for unit in range(self.units):
            fates = self._of(unit)
            mine = np.flatnonzero(fates == TRAIN)
            first, last = np.searchsorted(chosen, (before, before + len(mine)))
            fates[mine[chosen[first:last] - before]] = HELD_OUT
            before += len(mine)

    def pairs(self, fate: int) -> Iterator[Pair]:
        """Give the pairs of one fate, in the order of the corpus."""
        for unit in range(self.units):
            yield from _chosen_pairs(self.folder, unit, self.chosen(unit, fate))

    def chosen(self, unit: int, fate: int) -> np.ndarray:
        """Say which pairs of a unit have this fate: bool."""
        return self._of(unit) == fate

    def _of(self, unit: int) -> np.ndarray:
        return self._fates[self._ends[unit] : self._ends[unit + 1]]


def clean(folder: Path, source: Source, rules: dict, workers: Workers) -> CleanText:
    """Clean pairs into a work folder, from where an earlier call was stopped.

    Args:
        folder: the work folder.
        source: the same at every call; read to its end unless that was done before.
        rules: the arguments of `Cleaner`.
        workers: do the cleaning.
    """
    if not (folder / "read.json").exists():
        for _ in workers.map(_clean_unit, _unit_tasks(folder, source, rules)):
            pass
        write_record(folder / "read.json", {})
    records = _records(folder)
    if rules["keep_duplicates"]:
        return CleanText(folder, np.zeros(sum(record["kept"] for record in records), bool))
    repeats = folder / "repeats.npy"
    if not repeats.exists():
        hashes = [folder / f"{_name(unit)}.hashes.npy" for unit in range(len(records))]
        mark_repeats(hashes, repeats)
    # Copy on write: `hold_out` marks pairs of its own.
    return CleanText(folder, np.asarray(np.load(repeats, mmap_mode="c")))


def encode(
    text: CleanText, made: Path, vocabulary: tuple[Path, str], max_length: int, workers: Workers
) -> tuple[dict, int]:
    """Encode the training pairs, a shard a unit, from where an earlier call was stopped.

    Args:
        text: the clean pairs.
        made: the folder of the shards.
        vocabulary: the file of the SentencePiece model, and its hash.
        max_length, and what is returned: as in `translation.data.splits.write_ids`.
        workers: do the encoding.
    """
    # Where one unit is all there is, its sentences are spread over threads instead.
    threads = 1 if text.units > 1 else workers.count
    tasks = (
        (text.folder, (unit, text.units), text.chosen(unit, TRAIN), made)
        + (vocabulary, max_length, threads)
        for unit in range(text.units)
    )
    total = {"pairs": 0, "source_tokens": 0, "target_tokens": 0, "longest": 0}
    too_long = 0
    with show(None, "encode train", text.kept) as bar:
        for counts, dropped in workers.map(_encode_unit, tasks):
            longest = max(total["longest"], counts["longest"])
            total = {key: total[key] + counts[key] for key in total} | {"longest": longest}
            too_long += dropped
            bar.update(counts["pairs"] + dropped)
    return total, too_long


def is_worth_keeping(folder: Path) -> bool:
    """Say whether a work folder holds more than a minute's work: two units."""
    return _record(folder, 1) is not None


def _chosen_pairs(folder: Path, unit: int, chosen: np.ndarray) -> Iterator[Pair]:
    """Give the clean pairs of a unit for which `chosen`, bool, is true."""
    return compress(read_text(folder, _name(unit)), chosen.tolist()) if chosen.any() else iter(())


def _unit_tasks(folder: Path, source: Source, rules: dict) -> Iterator[tuple]:
    """Write the pairs to disk a unit at a time; give a task for each one not cleaned already.

    Pairs go to other processes by way of the disk, so that nobody holds a unit in memory.
    """
    pairs = iter(show(source.pairs(), "read train"))
    for unit in count():
        mine = islice(pairs, UNIT_PAIRS)
        if _record(folder, unit) is not None:
            size = sum(1 for _ in mine)
        else:
            raw = f"{_name(unit)}.raw.{os.getpid()}"
            size = write_text(folder, raw, mine, progress=False)
            if size:
                yield folder, unit, raw, rules
        if size < UNIT_PAIRS:
            return


def _clean_unit(folder: Path, unit: int, raw: str, rules: dict) -> None:
    """Clean one unit."""
    cleaner = Cleaner(**rules)
    name, partial = _name(unit), f"{_name(unit)}.{os.getpid()}.partial"
    kept = write_text(folder, partial, cleaner.clean(read_text(folder, raw)), progress=False)
    for written, path in zip(text_paths(folder, partial), text_paths(folder, name), strict=True):
        written.replace(path)
    whole_array(folder / f"{name}.hashes.npy", cleaner.hashes)
    record = {"read": cleaner.read, "kept": kept, "removed": cleaner.removed}
    write_record(folder / f"{name}.cleaned.json", record)
    for path in text_paths(folder, raw):
        path.unlink()


def _encode_unit(
    folder: Path,
    shard: tuple[int, int],
    chosen: np.ndarray,
    made: Path,
    vocabulary: tuple[Path, str],
    max_length: int,
    threads: int,
) -> tuple[dict, int]:
    """Encode one unit, unless that is done; gives what `write_ids` gives."""
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
    """Give the records of the units cleaned so far."""
    records = (_record(folder, unit) for unit in count())
    return list(takewhile(lambda record: record is not None, records))


def _record(folder: Path, unit: int) -> dict | None:
    return read_record(folder / f"{_name(unit)}.cleaned.json")


def _name(unit: int) -> str:
    return f"{unit:05d}"

"""The steps from parallel files to the files of a data folder, the card apart.

Takes an empty folder, paths and settings; fills the folder and gives what the card says of it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from be_keras.tracks.errors import UserError
from translation.cleaning import Cleaner
from translation.splits import read_text, text_paths, write_ids, write_text
from translation.text import Pair, read_pairs
from translation.vocabulary import Vocabulary, train_vocabulary

VOCABULARY = "vocabulary.model"
# SentencePiece holds its training text in memory; beyond this many pairs it sees every k-th.
VOCABULARY_PAIRS = 5_000_000

Files = dict[str, tuple[list[Path], list[Path]]]


@dataclass(frozen=True)
class Settings:
    """What besides the files decides the result; the verb's help says what each one means.

    Raises UserError for a value that makes no sense.
    """

    pair: str = "en-de"
    vocabulary_size: int = 8000
    vocabulary_type: str = "bpe"
    byte_fallback: bool = False
    max_length: int = 256
    max_words: int = 250
    max_ratio: float = 3.0
    keep_duplicates: bool = False
    valid_pairs: int = 1000
    seed: int = 0

    def __post_init__(self):
        if self.pair.count("-") != 1 or not all(self.pair.split("-")):
            raise UserError(f"expected a language pair such as en-de, got {self.pair!r}.")
        for name in ("vocabulary_size", "max_length", "max_words", "max_ratio", "valid_pairs"):
            if getattr(self, name) <= 0:
                option = name.replace("_", "-")
                raise UserError(f"expected --{option} above 0, got {getattr(self, name)}.")
        if self.seed < 0:
            raise UserError(f"expected --seed 0 or above, got {self.seed}.")


def build(folder: Path, files: Files, vocabulary: str | Path | None, settings: Settings) -> dict:
    """Write vocabulary, ids and text of every split.

    Args:
        folder: where to; holds nothing yet.
        files: `(source, target)` paths by split; "train" always, "valid" and "test" if given.
        vocabulary: an existing `.model`, or None to train one on the clean training text.
        settings: the rest.

    Returns:
        The card's entries `vocabulary`, `splits`, `valid_from` and `cleaning`.

    Raises:
        UserError: bad input.
    """
    cleaner = Cleaner(settings.max_words, settings.max_ratio, settings.keep_duplicates)
    held_out = _write_texts(folder, files, cleaner, settings)
    model = _make_vocabulary(folder, held_out, cleaner.kept, vocabulary, settings)
    splits, too_long = _write_splits(folder, held_out, model, settings.max_length)
    removed = {**cleaner.removed, "too_many_pieces": too_long}
    kept = splits["train"]["pairs"]
    if kept == 0:
        raise UserError(
            f"expected training pairs to remain after cleaning, but none of {cleaner.read} did"
            f" (removed: {removed}); check the files."
        )
    return {
        "vocabulary": {
            "size": model.size,
            "sha256": model.sha256,
            "from": "the training text" if vocabulary is None else "a given file",
        },
        "splits": splits,
        "valid_from": "files" if "valid" in files else "pairs held out of the training files",
        "cleaning": {
            "read": cleaner.read,
            "removed": removed,
            "held_out": len(held_out),
            "kept": kept,
        },
    }


def _write_texts(
    folder: Path, files: Files, cleaner: Cleaner, settings: Settings
) -> frozenset[int]:
    """Write clean training text and untouched other text; give the training pairs held out."""
    # The short files first: a mistake in them should not show only after the long one.
    for split in ("valid", "test"):
        if split in files and not write_text(folder, split, read_pairs(*files[split])):
            raise UserError(f"expected at least one line of {split} text, got empty files.")
    write_text(folder, "train", cleaner.clean(read_pairs(*files["train"])))
    if "valid" in files:
        return frozenset()
    held_out = _draw(cleaner.kept, settings)
    write_text(folder, "valid", _train_text(folder, held_out, inside=True))
    return held_out


def _draw(pairs: int, settings: Settings) -> frozenset[int]:
    """Draw the training pairs that become validation: as many as asked, at most a tenth."""
    count = min(settings.valid_pairs, pairs // 10)
    if count == 0:
        raise UserError(
            f"expected at least 10 clean training pairs to hold some out for validation, got"
            f" {pairs}; give more text, or --valid-source and --valid-target."
        )
    draw = np.random.default_rng(settings.seed).choice(pairs, count, replace=False)
    return frozenset(draw.tolist())


def _train_text(folder: Path, held_out: frozenset[int], inside: bool) -> Iterator[Pair]:
    """Give the clean training pairs inside the set held out, or those outside it."""
    pairs = enumerate(read_text(folder, "train"))
    return (pair for index, pair in pairs if (index in held_out) == inside)


def _make_vocabulary(
    folder: Path,
    held_out: frozenset[int],
    pairs: int,
    given: str | Path | None,
    settings: Settings,
) -> Vocabulary:
    """Train the vocabulary on what will be trained on, or copy the one given."""
    if given is not None:
        model = Vocabulary(given)
        shutil.copyfile(given, folder / VOCABULARY)
        return model
    stride = pairs // VOCABULARY_PAIRS + 1
    chosen = islice(_train_text(folder, held_out, inside=False), 0, None, stride)
    return train_vocabulary(
        chain.from_iterable(chosen),
        folder / VOCABULARY,
        settings.vocabulary_size,
        settings.vocabulary_type,
        settings.byte_fallback,
    )


def _write_splits(
    folder: Path, held_out: frozenset[int], model: Vocabulary, max_length: int
) -> tuple[dict, int]:
    """Write the ids of every split, and drop the training text; give counts and pairs too long."""
    train = _train_text(folder, held_out, inside=False)
    counts, too_long = write_ids(folder, "train", train, model, max_length)
    splits = {"train": counts}
    for path in text_paths(folder, "train"):
        path.unlink()
    for split in ("valid", "test"):
        if text_paths(folder, split)[0].exists():
            splits[split], _ = write_ids(folder, split, read_text(folder, split), model)
    return splits, too_long

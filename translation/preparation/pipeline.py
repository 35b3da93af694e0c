"""The steps from sources of text to the files of a data folder, the card apart.

Takes an empty folder, sources and settings; fills the folder and gives what the card says of it.
"""

import shutil
from dataclasses import dataclass
from itertools import chain, islice
from operator import ne
from pathlib import Path

import numpy as np

from be_tracks.atomic import atomic_write
from be_tracks.errors import UserError
from translation.data.splits import read_text, text_paths, write_ids, write_text
from translation.data.text import Paths, normalise_space
from translation.data.vocabulary import Vocabulary, train_vocabulary
from translation.evaluation.bleu import corpus_bleu
from translation.preparation.chunks import HELD_OUT, TRAIN, CleanText, clean, encode
from translation.preparation.process_pool import Workers
from translation.preparation.sources import Source, TextFiles

VOCABULARY = "vocabulary.model"

Sources = dict[str, Source | tuple[Paths, Paths]]


@dataclass(frozen=True)
class Settings:
    """What besides the files decides the result; the subcommand's help says what each one means.

    Raises UserError for a value that makes no sense.
    """

    pair: str = "en-de"
    vocabulary_size: int = 8000
    vocabulary_type: str = "bpe"
    byte_fallback: bool = False
    character_coverage: float = 1.0
    normalization: str = "identity"
    vocabulary_pairs: int = 500_000
    max_length: int = 256
    max_words: int = 250
    max_ratio: float = 3.0
    keep_duplicates: bool = False
    valid_pairs: int = 1000
    seed: int = 0

    def __post_init__(self):
        if self.pair.count("-") != 1 or not all(self.pair.split("-")):
            raise UserError(f"expected a language pair such as en-de, got {self.pair!r}.")
        positive = ("vocabulary_size", "vocabulary_pairs", "max_length", "max_words", "max_ratio")
        for name in (*positive, "valid_pairs"):
            if getattr(self, name) <= 0:
                option = name.replace("_", "-")
                raise UserError(f"expected --{option} above 0, got {getattr(self, name)}.")
        if self.seed < 0:
            raise UserError(f"expected --seed 0 or above, got {self.seed}.")
        if not 0.9 <= self.character_coverage <= 1:
            raise UserError(
                f"expected --character-coverage from 0.9 to 1, got {self.character_coverage}."
            )

    def rules(self) -> dict:
        """Give the arguments of `translation.preparation.cleaning.Cleaner`."""
        names = ("max_words", "max_ratio", "keep_duplicates")
        rules = {name: getattr(self, name) for name in names}
        return {**rules, "languages": tuple(self.pair.split("-"))}


def build(
    folder: Path,
    sources: Sources,
    vocabulary: str | Path | None,
    settings: Settings,
    work: Path | None = None,
    workers: int = 1,
) -> dict:
    """Write vocabulary, ids and text of every split.

    Args:
        folder: where to; holds nothing yet, or what an interrupted call left.
        sources: of each split; "train" always, "valid" and "test" if given. Of plain files, their
            paths will do: `(source, target)`.
        vocabulary: an existing `.model`, or None to train one on the clean training text.
        settings: the rest.
        work: a folder for work under way, which an interrupted call left; None makes one inside
            `folder` and removes it.
        workers: the most processes that clean and encode.

    Returns:
        The card's entries `vocabulary`, `splits`, `valid_from` and `cleaning`.

    Raises:
        UserError: bad input.
    """
    sources = {
        split: TextFiles(*source) if isinstance(source, tuple) else source
        for split, source in sources.items()
    }
    if work is None:
        work = folder / "work"
        work.mkdir()
        try:
            return build(folder, sources, vocabulary, settings, work, workers)
        finally:
            shutil.rmtree(work)
    with Workers(workers) as pool:
        return _build(folder, sources, vocabulary, settings, work, pool)


def _build(
    folder: Path,
    sources: dict[str, Source],
    vocabulary: str | Path | None,
    settings: Settings,
    work: Path,
    workers: Workers,
) -> dict:
    """Do the steps one after another."""
    # The short files first: a mistake in them should not show only after the long one.
    for split in ("valid", "test"):
        if split in sources and not write_text(folder, split, sources[split].pairs()):
            raise UserError(f"expected at least one line of {split} text, got empty files.")
    text = clean(work, sources["train"], settings.rules(), workers)
    held_out = 0
    if "valid" not in sources:
        held_out = _hold_out(text, settings)
        write_text(folder, "valid", text.pairs(HELD_OUT))
    model = _make_vocabulary(folder, text, vocabulary, settings)
    counts, too_long = encode(
        text, folder, (folder / VOCABULARY, model.sha256), settings.max_length, workers
    )
    removed = {**text.removed, "too_many_pieces": too_long}
    if counts["pairs"] == 0:
        raise UserError(
            f"expected training pairs to remain after cleaning, but none of {text.read} did"
            f" (removed: {removed}); check the files."
        )
    splits = {"train": {**counts, "shards": text.chunks}}
    for split in ("valid", "test"):
        if text_paths(folder, split)[0].exists():
            splits[split], _ = write_ids(folder, split, read_text(folder, split), model)
            splits[split]["ceiling"] = ceiling(folder, split, model, settings.pair.split("-")[1])
    return {
        "vocabulary": {
            "size": model.size,
            "sha256": model.sha256,
            "from": "the training text" if vocabulary is None else "a given file",
        },
        "splits": splits,
        "valid_from": "files" if "valid" in sources else "pairs held out of the training files",
        "cleaning": {
            "read": text.read,
            "removed": removed,
            "held_out": held_out,
            "kept": counts["pairs"],
        },
    }


def ceiling(folder: Path, split: str, vocabulary: Vocabulary, language: str) -> dict:
    """Score the references of a split after a round trip through the vocabulary.

    No translator with this vocabulary can be expected to score more: what the vocabulary cannot
    spell, nobody produces.

    Returns:
        `{"bleu", "changed"}`: BLEU, 0 to 100, and how many references came back as another text
        (white space apart).
    """
    references = [target for _, target in read_text(folder, split)]
    spelled = vocabulary.decode(vocabulary.encode(references))
    changed = sum(map(ne, spelled, map(normalise_space, references)))
    return {"bleu": corpus_bleu(spelled, references, language), "changed": changed}


def _hold_out(text: CleanText, settings: Settings) -> int:
    """Draw the training pairs that become validation: as many as asked, at most a tenth."""
    count = min(settings.valid_pairs, text.kept // 10)
    if count == 0:
        raise UserError(
            f"expected at least 10 clean training pairs to hold some out for validation, got"
            f" {text.kept}; give more text, or --valid-source and --valid-target."
        )
    draw = np.random.default_rng(settings.seed).choice(text.kept, count, replace=False)
    text.hold_out(np.sort(draw))
    return count


def _make_vocabulary(
    folder: Path, text: CleanText, given: str | Path | None, settings: Settings
) -> Vocabulary:
    """Train the vocabulary on what will be trained on, or copy the one given."""
    path = folder / VOCABULARY
    if path.exists():
        return Vocabulary(path)
    with atomic_write(path) as partial:
        if given is not None:
            Vocabulary(given)
            shutil.copyfile(given, partial)
        else:
            # SentencePiece holds its training text in memory.
            stride = text.kept // settings.vocabulary_pairs + 1
            train_vocabulary(
                chain.from_iterable(islice(text.pairs(TRAIN), 0, None, stride)),
                partial,
                settings.vocabulary_size,
                settings.vocabulary_type,
                settings.byte_fallback,
                settings.character_coverage,
                settings.normalization,
            )
    return Vocabulary(path)

"""The subcommand `prepare`: parallel text to a data folder.

Takes parallel files, or a dataset by name; gives a folder with `vocabulary.model`, the token ids
of the splits train, valid and test, the text of valid and test, and `card.json`. Training pairs
are cleaned; the lines of validation and test text stay as they are, every one of them. The folder
appears whole or not at all. Stopped before that, the same command goes on where it was.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path

from be_tracks.atomic import PARTIAL, atomic_directory
from be_tracks.errors import UserError, refusals_explained
from be_tracks.lock import locked
from be_tracks.runs.version import version
from translation.data.card import FORMAT, card_in_place, file_hashes, write_card
from translation.data.text import Paths
from translation.data.vocabulary import NORMALIZATIONS, TYPES
from translation.preparation.chunks import CHUNK_PAIRS, is_worth_keeping
from translation.preparation.pipeline import Settings, build
from translation.preparation.sources import Source, TextFiles, describe_file
from translation.preparation.staging_directory import MADE, staging_directory
from translation.preparation.wmt14 import unusual_counts, wmt14

_HELP = {
    "vocabulary_size": "number of ids, the four special ones included",
    "vocabulary_type": "kind of SentencePiece model",
    "byte_fallback": "spell characters without a piece in bytes instead of calling them unknown",
    "character_coverage": "share of the vocabulary text's characters that have a piece",
    "normalization": "what is done to characters first; identity keeps them as they are",
    "vocabulary_pairs": "most pairs to train the vocabulary on, every k-th of the text",
    "max_length": "drop training pairs with more pieces a side, end mark included",
    "max_words": "drop training pairs with more words a side",
    "max_ratio": "drop training pairs over 10 words whose sides differ by more than this factor",
    "keep_duplicates": "keep training pairs that came before",
    "valid_pairs": "pairs held out where no validation text is named, at most a tenth",
    "seed": "draws the pairs held out",
}


def prepare(
    source: Paths,
    target: Paths,
    out: str | Path,
    *,
    tabbed: Paths = (),
    valid: tuple[Paths, Paths] | None = None,
    test: tuple[Paths, Paths] | None = None,
    dataset: dict[str, Source] | None = None,
    vocabulary: str | Path | None = None,
    overwrite: bool = False,
    workers: int = 1,
    **settings,
) -> dict:
    """Make a data folder; the same files and settings give the same folder, byte for byte.

    Args:
        source, target: the training text, one file or several a side.
        out: the folder to make.
        tabbed: more training text, files with source, tab and target in each line.
        valid: validation text `(source, target)`; None holds pairs out of the training text.
        test: test text `(source, target)`, or None for no test split.
        dataset: what else a split is read from, such as `translation.preparation.wmt14.wmt14`
            gives; the files named take the place of its splits.
        vocabulary: an existing SentencePiece `.model` to use instead of training one.
        overwrite: replace a data folder at `out` that came from other files or settings.
        workers: the most processes to clean and encode with. With more than one, a program that
            calls this stands under `if __name__ == "__main__":`, as Python's multiprocessing says.
        **settings: fields of `translation.preparation.pipeline.Settings`.

    Returns:
        The card, as written to `card.json`.

    Raises:
        UserError: bad input, or a place that cannot be written. Nothing is left behind; after an
            interrupt of much work, or where the disk is full, what the same call can go on from.
    """
    settings = Settings(**settings)
    train = TextFiles(source, target, tabbed)
    given = {"train": train if train.source or train.target or train.tabbed else None}
    given |= {"valid": valid and TextFiles(*valid), "test": test and TextFiles(*test)}
    sources = {**(dataset or {}), **{split: text for split, text in given.items() if text}}
    if "train" not in sources:
        raise UserError("expected training text, got none; name --source and --target.")
    origin = {
        "format": FORMAT,
        "settings": asdict(settings),
        "inputs": {
            **{split: text.describe() for split, text in sources.items()},
            "vocabulary": None if vocabulary is None else describe_file(vocabulary),
        },
    }
    existing = card_in_place(out, origin, overwrite)
    if existing is not None:
        print(f"{out}: already prepared from these files and settings", file=sys.stderr)
        return existing
    source_language, target_language = settings.pair.split("-")
    about = {
        "version": version(),
        "source_language": source_language,
        "target_language": target_language,
        **origin,
    }
    about_work = {**about, "unit_pairs": CHUNK_PAIRS}
    place = Path(out).resolve()
    with _explained(out), locked(place.with_name(f".{place.name}.lock"), out):
        with staging_directory(out, about_work, is_worth_keeping) as work:
            made = work / MADE
            card = {**about, **build(made, sources, vocabulary, settings, work, workers)}
            return _finish(made, card, out)


def _finish(made: Path, card: dict, out: str | Path) -> dict:
    """Give the finished files their card, and the place of `out`."""
    for left in made.glob(f"{PARTIAL}*"):  # of a process that was killed
        left.unlink()
    card["outputs"] = file_hashes(made)
    write_card(made, card)
    with atomic_directory(out) as folder:
        folder.rmdir()
        made.rename(folder)
    return card


@contextmanager
def _explained(out: str | Path) -> Iterator[None]:
    """Turn what a disk refuses, and the death of a worker, into messages."""
    remedy = (
        "choose a place that you may write to and that has room with --out, or make room and"
        " repeat the command."
    )
    try:
        with refusals_explained(out, remedy):
            yield
    except BrokenProcessPool:
        raise UserError(
            f"{out}: a worker process was killed, probably for want of memory; repeat the command"
            " with fewer --workers, and it goes on where it was."
        ) from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `prepare`."""
    for split, what in (
        ("", "training text, one sentence a line, plain or .gz; several files may be named"),
        ("valid-", "validation text, kept as it is (default: pairs held out of the training)"),
        ("test-", "test text, kept as it is (default: no test split)"),
    ):
        for side in ("source", "target"):
            _add_files(parser, f"--{split}{side}", f"{side} side of the {what}")
    _add_files(parser, "--pairs", "more training text: source, a tab, target in each line")
    parser.add_argument(
        "--dataset",
        choices=("wmt14",),
        help="instead of files: WMT14, with newstest2013 and all of newstest2014, downloaded by"
        " tensorflow-datasets unless --raw names what lies here; validation and test files may"
        " still be named",
    )
    parser.add_argument("--raw", metavar="DIR", help="the dataset's raw files, unpacked")
    parser.add_argument(
        "--tfds-dir", metavar="DIR", help="where tensorflow-datasets keeps data (default: its own)"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the data folder to make")
    parser.add_argument(
        "--vocabulary",
        metavar="MODEL",
        help="use this SentencePiece model (default: train one on both sides of the training text)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a data folder at --out")
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes that clean and encode large text (default: one a core, here %(default)s)",
    )
    parser.add_argument("--source-language", default="en", help="default: %(default)s")
    parser.add_argument("--target-language", default="de", help="default: %(default)s")
    parser.add_argument("--pair", help="both languages at once, such as en-fr")
    for field in fields(Settings):
        if field.name in _HELP:
            _add_setting(parser, field)


def _add_files(parser: argparse.ArgumentParser, option: str, text: str) -> None:
    """Declare an option that names files."""
    parser.add_argument(option, nargs="+", action="extend", metavar="FILE", help=text)


def _add_setting(parser: argparse.ArgumentParser, field) -> None:
    """Declare one field of `Settings` with its default and help."""
    option = "--" + field.name.replace("_", "-")
    if field.type is bool:
        parser.add_argument(option, action="store_true", help=_HELP[field.name])
        return
    choices = {"vocabulary_type": TYPES, "normalization": NORMALIZATIONS}.get(field.name)
    parser.add_argument(
        option,
        type=field.type,
        default=field.default,
        choices=choices,
        help=f"{_HELP[field.name]} (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> None:
    """Carry out `prepare` with parsed options, and print what the folder holds."""
    if args.workers < 1:
        raise UserError(f"expected --workers 1 or above, got {args.workers}.")
    pair = args.pair or f"{args.source_language}-{args.target_language}"
    train = _both(args, "") or ((), ())
    card = prepare(
        *train,
        args.out,
        tabbed=args.pairs or (),
        valid=_both(args, "valid_"),
        test=_both(args, "test_"),
        dataset=_dataset(args, pair),
        vocabulary=args.vocabulary,
        overwrite=args.overwrite,
        workers=args.workers,
        pair=pair,
        **{name: getattr(args, name) for name in _HELP},
    )
    if args.dataset:
        for note in unusual_counts(card["splits"]):
            print(f"{args.out}: {note}", file=sys.stderr)
    print(f"{args.out}: {card['settings']['pair']}, {card['vocabulary']['size']} pieces")
    for split, counts in card["splits"].items():
        pairs = counts["pairs"]
        print(
            f"  {split:5} {pairs:>10,} pairs, {counts['source_tokens'] / pairs:.1f} source and"
            f" {counts['target_tokens'] / pairs:.1f} target tokens a sentence"
        )
        if ceiling := counts.get("ceiling"):
            print(
                f"        its references through the vocabulary: BLEU {ceiling['bleu']:.1f},"
                f" {ceiling['changed']:,} of {pairs:,} changed"
            )
    cleaning = card["cleaning"]
    removed = ", ".join(f"{rule} {count:,}" for rule, count in cleaning["removed"].items())
    print(f"  of {cleaning['read']:,} training pairs read, removed: {removed}")


def _both(args: argparse.Namespace, split: str) -> tuple[list[str], list[str]] | None:
    """Give both sides of a split, or None; one side alone is a mistake."""
    sides = getattr(args, f"{split}source"), getattr(args, f"{split}target")
    if None in sides and sides != (None, None):
        option = "--" + split.replace("_", "-")
        raise UserError(f"expected both {option}source and {option}target, got one of them.")
    return None if sides == (None, None) else sides


def _dataset(args: argparse.Namespace, pair: str) -> dict[str, Source] | None:
    """Give the sources of the dataset named, or None."""
    if args.dataset is None:
        if args.raw or args.tfds_dir:
            raise UserError("expected --raw and --tfds-dir with --dataset alone; add it.")
        return None
    if args.source or args.pairs:
        raise UserError(
            f"--dataset {args.dataset} names the training text: leave out --source, --target and"
            " --pairs."
        )
    return wmt14(pair, args.raw, args.tfds_dir)

"""The verb `prepare`: parallel text to a data folder.

Takes parallel files; gives a folder with `vocabulary.model`, the token ids of the splits train,
valid and test, the text of valid and test, and `card.json`. Training pairs are cleaned; the lines
of validation and test files stay as they are, every one of them. The folder appears whole or not
at all.
"""

import argparse
import sys
from dataclasses import asdict, fields
from importlib import metadata
from pathlib import Path

from be_keras.tracks.errors import UserError
from be_keras.tracks.staging import new_folder
from translation.build import Files, Settings, build
from translation.card import FORMAT, card_in_place, file_hashes, sha256, write_card
from translation.text import Paths, as_paths
from translation.vocabulary import TYPES

_HELP = {
    "vocabulary_size": "number of ids, the four special ones included",
    "vocabulary_type": "kind of SentencePiece model",
    "byte_fallback": "spell characters never seen in bytes instead of calling them unknown",
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
    valid: tuple[Paths, Paths] | None = None,
    test: tuple[Paths, Paths] | None = None,
    vocabulary: str | Path | None = None,
    overwrite: bool = False,
    **settings,
) -> dict:
    """Make a data folder; the same files and settings give the same folder, byte for byte.

    Args:
        source, target: the training text, one file or several a side.
        out: the folder to make.
        valid: validation text `(source, target)`; None holds pairs out of the training text.
        test: test text `(source, target)`, or None for no test split.
        vocabulary: an existing SentencePiece `.model` to use instead of training one.
        overwrite: replace a data folder at `out` that came from other files or settings.
        **settings: fields of `translation.build.Settings`.

    Returns:
        The card, as written to `card.json`.

    Raises:
        UserError: bad input, or a place that cannot be written; nothing is left behind.
    """
    settings = Settings(**settings)
    given = {"train": (source, target), "valid": valid, "test": test}
    files = {split: tuple(map(as_paths, sides)) for split, sides in given.items() if sides}
    origin = {
        "format": FORMAT,
        "settings": asdict(settings),
        "inputs": _inputs(files, vocabulary),
    }
    existing = card_in_place(out, origin, overwrite)
    if existing is not None:
        print(f"{out}: already prepared from these files and settings", file=sys.stderr)
        return existing
    with new_folder(out) as folder:
        source_language, target_language = settings.pair.split("-")
        card = {
            "version": _version(),
            "source_language": source_language,
            "target_language": target_language,
            **origin,
            **build(folder, files, vocabulary, settings),
            "outputs": file_hashes(folder),
        }
        write_card(folder, card)
    return card


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `prepare`."""
    for split, what in (
        ("", "training text, one sentence a line, plain or .gz; several files may be named"),
        ("valid-", "validation text, kept as it is (default: pairs held out of the training)"),
        ("test-", "test text, kept as it is (default: no test split)"),
    ):
        for side in ("source", "target"):
            parser.add_argument(
                f"--{split}{side}",
                nargs="+",
                action="extend",
                metavar="FILE",
                required=not split,
                help=f"{side} side of the {what}",
            )
    parser.add_argument("--out", required=True, metavar="DIR", help="the data folder to make")
    parser.add_argument(
        "--vocabulary",
        metavar="MODEL",
        help="use this SentencePiece model (default: train one on both sides of the training text)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a data folder at --out")
    parser.add_argument("--source-language", default="en", help="default: %(default)s")
    parser.add_argument("--target-language", default="de", help="default: %(default)s")
    for field in fields(Settings):
        if field.name in _HELP:
            _add_setting(parser, field)


def _add_setting(parser: argparse.ArgumentParser, field) -> None:
    """Declare one field of `Settings` with its default and help."""
    option = "--" + field.name.replace("_", "-")
    if field.type is bool:
        parser.add_argument(option, action="store_true", help=_HELP[field.name])
        return
    choices = TYPES if field.name == "vocabulary_type" else None
    parser.add_argument(
        option,
        type=field.type,
        default=field.default,
        choices=choices,
        help=f"{_HELP[field.name]} (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> None:
    """Carry out `prepare` with parsed options, and print what the folder holds."""
    card = prepare(
        args.source,
        args.target,
        args.out,
        valid=_both(args, "valid"),
        test=_both(args, "test"),
        vocabulary=args.vocabulary,
        overwrite=args.overwrite,
        pair=f"{args.source_language}-{args.target_language}",
        **{name: getattr(args, name) for name in _HELP},
    )
    print(f"{args.out}: {card['settings']['pair']}, {card['vocabulary']['size']} pieces")
    for split, counts in card["splits"].items():
        pairs = counts["pairs"]
        print(
            f"  {split:5} {pairs:>10,} pairs, {counts['source_tokens'] / pairs:.1f} source and"
            f" {counts['target_tokens'] / pairs:.1f} target tokens a sentence"
        )
    cleaning = card["cleaning"]
    removed = ", ".join(f"{rule} {count:,}" for rule, count in cleaning["removed"].items())
    print(f"  of {cleaning['read']:,} training pairs read, removed: {removed}")


def _both(args: argparse.Namespace, split: str) -> tuple[list[str], list[str]] | None:
    """Give both sides of a split, or None; one side alone is a mistake."""
    sides = getattr(args, f"{split}_source"), getattr(args, f"{split}_target")
    if None in sides and sides != (None, None):
        raise UserError(f"expected both --{split}-source and --{split}-target, got one of them.")
    return None if sides == (None, None) else sides


def _inputs(files: Files, vocabulary: str | Path | None) -> dict:
    """Name and hash every file that is read, by split and side."""

    def describe(path: str | Path) -> dict:
        return {"file": Path(path).name, "sha256": sha256(path)}

    inputs = {
        split: {"source": list(map(describe, left)), "target": list(map(describe, right))}
        for split, (left, right) in files.items()
    }
    return {**inputs, "vocabulary": None if vocabulary is None else describe(vocabulary)}


def _version() -> str:
    """Give the version of the installed product."""
    try:
        return metadata.version("be_keras")
    except metadata.PackageNotFoundError:
        return "not installed"

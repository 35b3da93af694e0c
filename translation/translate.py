"""The subcommand `translate`: standard input to standard output, a sentence a line.

Everything but the translations goes to standard error. Lines are read in blocks, so that a pipe
of any length is translated in bounded memory and in its own order.
"""

import argparse
import sys
from collections.abc import Iterator

from tqdm import tqdm

from be_tracks.errors import UserError
from translation.decoding.decoder import LENGTHS, Decoder
from translation.training.loading import load_translator

BLOCK = 2000  # lines sorted by length together: longer gives fuller batches, and later output


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the search, which `evaluate` shares."""
    parser.add_argument(
        "--beam-size",
        type=int,
        default=4,
        metavar="K",
        help="hypotheses kept; 1 is greedy (default: 4)",
    )
    parser.add_argument(
        "--length-penalty",
        type=float,
        default=0.6,
        metavar="ALPHA",
        help="0 or more; higher favours longer translations (default: 0.6)",
    )
    parser.add_argument(
        "--max-extra",
        type=int,
        default=50,
        metavar="N",
        help="pieces a translation may have beyond its source's (default: 50)",
    )


def make_decoder(model, vocabulary, args: argparse.Namespace) -> Decoder:
    """Give a decoder with the options of `add_search_arguments`; raises UserError for bad ones."""
    for option, value, least, most in (
        ("--beam-size", args.beam_size, 1, 1_000),
        ("--length-penalty", args.length_penalty, 0, 1_000),
        ("--max-extra", args.max_extra, 0, 10_000),
    ):
        if not least <= value <= most:
            raise UserError(f"{option} must be from {least} to {most:,}; got {value}.")
    return Decoder(model, vocabulary, args.beam_size, args.length_penalty, args.max_extra)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `translate`."""
    parser.add_argument(
        "--model", required=True, metavar="RUN", help="folder of a run, or a .keras file"
    )
    add_search_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Translate standard input, line by line; UTF-8 in and out, whatever the locale says."""
    model, vocabulary, path = load_translator(args.model)
    decoder = make_decoder(model, vocabulary, args)
    print(f"translating with {path}, M = {model.ensemble_size}", file=sys.stderr)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    with tqdm(unit=" sentences", mininterval=1.0) as bar:
        for block in _blocks(read_standard_input()):
            for translation in decoder.translate(block, bar.update):
                sys.stdout.write(translation + "\n")
            sys.stdout.flush()
    if decoder.cut:
        print(
            f"sentences longer than {LENGTHS[-1]} pieces, and cut there: {decoder.cut}",
            file=sys.stderr,
        )


def _blocks(lines: Iterator[str]) -> Iterator[list[str]]:
    """Gather lines into blocks; lines before a bad one are given before its error is raised."""
    block: list[str] = []
    try:
        for line in lines:
            block.append(line)
            if len(block) == BLOCK:
                yield block
                block = []
    except UserError:
        yield block
        raise
    if block:
        yield block


def read_standard_input() -> Iterator[str]:
    r"""Give the lines of standard input without their ends, "\n" or "\r\n"; no other ends a line.

    A byte-order mark is dropped. Raises UserError, naming the line, where it is not UTF-8.
    """
    if sys.stdin is None:
        raise UserError("expected sentences on standard input, which is closed.")
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise UserError(
                f"standard input, line {number}: expected UTF-8, got {error.reason} at byte"
                f" {error.start} of the line; convert the text with iconv."
            ) from None
        yield text.removesuffix("\n").removesuffix("\r")

r"""Parallel text in plain or gzip files: UTF-8, one sentence a line.

Takes paths, gives lines or pairs of lines one at a time, and leaves the text itself alone. Only
"\n" ends a line: U+0085, U+2028 or a form feed belong to the sentence, and splitting on them (as
`str.splitlines` does) would shift one side of the corpus against the other.

Two other forms are read as well: the `.sgm` files in which WMT gives out its test sets, and files
of pairs with a tab between the sides.
"""

import gzip
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from be_tracks.errors import UserError

Paths = str | Path | Iterable[str | Path]
Pair = tuple[str, str]

# Letters of scripts that are written without spaces between words. Vowel signs and tone marks of
# the scripts of South East Asia belong to the letter before them.
_UNSPACED = {
    "han": re.compile("[\u2e80-\u2fdf\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"),
    "kana": re.compile(
        "[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]"
    ),
    "thai, lao, burmese, khmer": re.compile(
        "[\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd\u0ec0-\u0ec6"
        "\u0edc-\u0edf\u1000-\u102a\u103f\u1050-\u1055\u1780-\u17b3]"
    ),
}
_FIRST_UNSPACED = "\u0e00"
# Letters and symbols by their Unicode category, and yet blank: the Hangul and Braille fillers.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_SEGMENT = re.compile(r"<seg\b[^>]*>(.*)</seg>", re.IGNORECASE)


def as_paths(paths: Paths) -> list[Path]:
    """Give one path, or several, as a list of paths."""
    if isinstance(paths, str | Path):
        return [Path(paths)]
    return [Path(path) for path in paths]


def normalise_space(sentence: str) -> str:
    """Give the sentence with every run of white space as one space, and none at its ends."""
    return " ".join(sentence.split())


def is_visible(sentence: str) -> bool:
    """Say whether a sentence has a character that leaves a mark on paper.

    White space, control and format characters (a zero-width space, a byte-order mark, a mark of
    the writing direction) and combining marks with nothing to stand on leave none.
    """
    if sentence.isascii():
        return not sentence.isspace() and sentence != ""
    return any(
        unicodedata.category(character)[0] not in "CZM" and character not in _BLANK
        for character in sentence
    )


def count_words(sentence: str, characters_per_word: dict[str, float] | None = None) -> float:
    """Count the words of a sentence in any script.

    Args:
        sentence: the text; words stand between white space.
        characters_per_word: how many characters make a word in the scripts that are written
            without spaces: "han", "kana", and "thai, lao, burmese, khmer". None counts each
            character as a word, as sacreBLEU's tokenisers for Chinese do.
    """
    if sentence.isascii() or max(sentence) < _FIRST_UNSPACED:
        return len(sentence.split())
    words = 0.0
    for script, letter in _UNSPACED.items():
        sentence, count = letter.subn(" ", sentence)
        words += count / (characters_per_word[script] if characters_per_word else 1)
    # What is left are words of other scripts, and punctuation, which is none.
    return words + sum(any(map(str.isalnum, run)) for run in sentence.split())


def read_lines(path: str | Path) -> Iterator[str]:
    r"""Read the lines of one file; memory holds one line at a time.

    Args:
        path: a UTF-8 text file, gzip-compressed when its name ends in ".gz". Of a WMT file,
            ".sgm" or ".sgm.gz", the segments are the lines, entities such as "&amp;" as they are
            (so do sacreBLEU and tensorflow-datasets).

    Yields:
        Each line without its line end ("\n" or "\r\n"); a byte-order mark is dropped.

    Raises:
        UserError: the file is missing, unreadable, damaged, or not UTF-8 (the line is named).
    """
    path = Path(path)
    if path.name.removesuffix(".gz").endswith(".sgm"):
        found = (_SEGMENT.search(line) for line in _all_lines(path))
        yield from (segment[1].strip() for segment in found if segment)
    else:
        yield from _all_lines(path)


def _all_lines(path: Path) -> Iterator[str]:
    """Read every line, with the errors of `read_lines`."""
    offset = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                text = _decode(line, path, number, offset)
                offset += len(line)
                yield text.removesuffix("\n").removesuffix("\r")
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; check the path.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{path}: expected a whole gzip file, got a damaged one ({error}); copy it again, or"
            " drop the ending .gz if it is plain text."
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None


def read_pairs(source: Paths, target: Paths) -> Iterator[Pair]:
    """Read parallel files line by line, one pair of files after another.

    Args:
        source: the source side, one path or several.
        target: the target side, as many paths in the same order.

    Yields:
        `(source line, target line)`.

    Raises:
        UserError: as `read_lines`; the sides differ in files, or two files in lines (both counts
            are given, and every pair before the end of the shorter file has been yielded).
    """
    source, target = as_paths(source), as_paths(target)
    if len(source) != len(target):
        raise UserError(
            f"expected as many source as target files, got {len(source)} and {len(target)};"
            " name them pairwise in the same order."
        )
    for left, right in zip(source, target, strict=True):
        yield from _aligned(left, right)


def read_tabbed(paths: Paths) -> Iterator[Pair]:
    """Read files of pairs, one after another: source, a tab, target; what follows is left out.

    Raises:
        UserError: as `read_lines`, or a line without a tab (it is named).
    """
    for path in as_paths(paths):
        for number, line in enumerate(read_lines(path), start=1):
            source, *rest = line.split("\t", 2)
            if not rest:
                raise UserError(
                    f"{path}, line {number}: expected a source sentence, a tab and a target"
                    " sentence, got no tab; name files with one language each as source and target."
                )
            yield source, rest[0]


def _aligned(source: Path, target: Path) -> Iterator[Pair]:
    """Yield the line pairs of two files, and count to the end of the longer one if they differ."""
    lines = zip_longest(read_lines(source), read_lines(target))
    for pairs, (left, right) in enumerate(lines):
        if left is None or right is None:
            longer = pairs + 1 + sum(1 for _ in lines)
            counts = (pairs, longer) if left is None else (longer, pairs)
            raise UserError(
                f"expected as many lines in both files, got {counts[0]} in {source} and"
                f" {counts[1]} in {target}; line n of one must translate line n of the other."
            )
        yield left, right


def _decode(line: bytes, path: Path, number: int, offset: int) -> str:
    """Decode one line, or raise a UserError that names file, line, and the byte in the file."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, line {number}: expected UTF-8, got byte 0x{line[error.start]:02x}"
            f" ({error.reason}) at byte offset {offset + error.start} of the text; convert the"
            " file to UTF-8 or mend that line."
        ) from None
    return text.removeprefix("\ufeff") if number == 1 else text

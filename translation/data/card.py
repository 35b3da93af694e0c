"""The card of a prepared data folder: what is in it, what it was made from, and how.

Takes and gives a plain dictionary; the file is `card.json`.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from be_tracks.errors import UserError
from be_tracks.json_files import read_json

CARD = "card.json"
PARTS = ("settings", "vocabulary", "splits", "outputs")  # dictionaries that every card has
FORMAT = 2  # of the folder; raised when an older one can no longer be read


def sha256(path: str | Path) -> str:
    """Give the SHA-256 of a file as hexadecimal.

    Raises UserError if it cannot be read, or not a second time (a pipe, `<(command)`).
    """
    path = Path(path)
    if path.is_fifo() or path.is_char_device():
        raise UserError(
            f"{path}: expected a file, which can be read twice, got a pipe or a device; write its"
            " content to a file first."
        )
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; check the path.") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None


def file_hashes(folder: str | Path) -> dict[str, str | None]:
    """Give the SHA-256 of every file in a folder by name, the card apart; None for a folder."""
    entries = sorted(path for path in Path(folder).iterdir() if path.name != CARD)
    return {path.name: sha256(path) if path.is_file() else None for path in entries}


def check_files(folder: str | Path, card: dict, names: Iterable[str] | None = None) -> None:
    """Check that a prepared folder holds what was written there.

    Args:
        folder: the prepared folder.
        card: its card, which has the hash of every file.
        names: the files to read; None reads all of them.

    Raises:
        UserError: a file is missing or differs.
    """
    expected = card["outputs"]
    for name in expected if names is None else names:
        path = Path(folder) / name
        if not path.exists():
            problem = "is missing"
        elif path.is_file() and sha256(path) != expected[name]:
            problem = "is not as it was written"
        else:
            continue
        raise UserError(
            f"{path} {problem}: expected the files that {CARD} names, byte for byte; copy the"
            " folder again, or prepare it again with --overwrite."
        )


def write_card(folder: str | Path, card: dict) -> None:
    """Write the card into the folder."""
    text = json.dumps(card, indent=2, ensure_ascii=False)
    (Path(folder) / CARD).write_text(text + "\n", encoding="utf-8")


def read_card(folder: str | Path) -> dict:
    """Read the card of a prepared folder.

    Raises UserError where there is none, or one that is damaged or of another format.
    """
    card = _read_any(folder)
    if card["format"] != FORMAT:
        raise _other_format(folder)
    if missing := [key for key in PARTS if not isinstance(card.get(key), dict)]:
        raise UserError(
            f"{Path(folder) / CARD}: expected a dictionary {missing[0]!r} in it, got none; prepare"
            " the data again."
        )
    return card


def _read_any(folder: str | Path) -> dict:
    """Read a card of any format, with the errors of `read_card`."""
    path = Path(folder) / CARD
    card = read_json(
        path,
        f"{folder}: expected a prepared data folder, got one without {CARD}; make it with the"
        " subcommand prepare.",
        "prepare the data again.",
    )
    if "format" not in card:
        raise _other_format(folder)
    return card


def _other_format(folder: str | Path) -> UserError:
    return UserError(
        f"{Path(folder) / CARD}: expected a card of format {FORMAT}; prepare the data again."
    )


def card_in_place(out: str | Path, origin: dict, overwrite: bool) -> dict | None:
    """Say whether a data folder is still to be made at `out`.

    Args:
        out: the folder wanted.
        origin: the card's entries that say what the folder is made from.
        overwrite: whether a data folder of another origin may be replaced.

    Returns:
        The card of a whole folder of the same origin, or None where one is to be made.

    Raises:
        UserError: making it would lose what is there.
    """
    out = Path(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    if not (out / CARD).is_file():
        raise UserError(
            f"{out}: expected a new or empty folder, got one that holds something other than"
            " prepared data, or a file; choose another --out."
        )
    card = _read_any(out)
    if "outputs" not in card:
        raise _other_format(out)
    present = file_hashes(out)
    if foreign := sorted(present.keys() - card["outputs"].keys()):
        raise UserError(
            f"{out}: expected prepared data alone, got {', '.join(foreign)} beside it; move that"
            " away, or choose another --out."
        )
    changed = [key for key in origin if card.get(key) != origin[key]]
    if present != card["outputs"]:
        changed.append("its files, which are not as they were written")
    if not changed:
        return card
    if overwrite:
        return None
    raise UserError(
        f"{out}: there is a data folder already, and it differs in {', '.join(changed)}; choose"
        " another --out, or replace it with --overwrite."
    )

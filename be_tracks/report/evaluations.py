"""Evaluations as a verb `evaluate` leaves them: read, checked, refused where they do not fit."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from be_tracks.errors import UserError

EVALUATION = "evaluation.json"

NUMBER, POSITIVE, TEXT = "a number", "a number above 0", "a text"
LIST, NUMBERS, TABLE = "a list", "a list of numbers", "a table that is not empty"


def read_evaluations(
    folders: Iterable[str | Path],
    check: Callable[[dict, Path], None],
    test_set: Callable[[dict], Mapping],
) -> dict[str, dict]:
    """Read the evaluation in each folder and check that they belong in one report.

    Args:
        folders: paths of folders that hold `evaluation.json`.
        check: raises UserError where an evaluation from a path lacks what a report shows; it
            sees to a text under `name`.
        test_set: gives what a checked evaluation says of its test set, by name; None where it
            says nothing.

    Returns:
        `{name: evaluation}` in the order given; what is not a finite number is None.

    Raises:
        UserError: a file that is missing or damaged or that `check` refuses, a name used twice,
            or evaluations of different test sets.
    """
    paths, systems = {}, {}
    for folder in folders:
        path = Path(folder) / EVALUATION
        evaluation = _read(path)
        check(evaluation, path)
        name = evaluation["name"]
        if name in systems:
            raise UserError(
                f"{path}: expected a name of its own, got {name!r} as in {paths[name]}; evaluate"
                " one of them again under another name."
            )
        paths[name], systems[name] = path, evaluation
    _check_same_test_set({name: test_set(system) for name, system in systems.items()}, paths)
    return systems


def check_keys(content: dict, kinds: Mapping[str, str], path: Path, under: str = "") -> None:
    """Check that each key of a table holds a value of its kind.

    Args:
        content: what was read.
        kinds: the kinds above by key; keys of tables in tables are joined by dots.
        path: the file, for the message.
        under: what comes before these keys in the file, such as "truth."; for the message.

    Raises:
        UserError: names the key, what it should hold and what it holds.
    """
    for key, kind in kinds.items():
        value = content
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if not _is(kind, value):
            raise _mistake(path, kind, under + key, value)


def check_numbers(values, count: int, path: Path, key: str) -> None:
    """Raise UserError, naming the key, unless `values` is a list of so many numbers."""
    if not _is(NUMBERS, values) or len(values) != count:
        raise _mistake(path, f"a list of {count} numbers", key, values)


def check_bins(
    table: dict, columns: Iterable[str], path: Path, key: str, unit: str, edges: bool = True
) -> None:
    """Check a table of bins: some, one edge more than counts, a figure in every filled bin.

    Args:
        table: lists of numbers `count` and, with `edges`, `edges`; and the columns.
        columns: lists that hold a number, or None where the count is 0.
        path: the file, for the message.
        key: where the table lies in it, such as "reliability".
        unit: what is counted, such as "images".
        edges: whether the table has edges.

    Raises:
        UserError: lists of other lengths, or a filled bin without a number.
    """
    bins = max(1, len(table["count"]))
    lengths = {"count": bins, **({"edges": bins + 1} if edges else {})}
    for column, expected in (lengths | dict.fromkeys(columns, bins)).items():
        if len(table[column]) != expected:
            raise UserError(
                f"{path}: expected {expected} values under '{key}.{column}' for {bins} bins,"
                f" got {len(table[column])}; evaluate again."
            )
    for column in columns:
        for count, value in zip(table["count"], table[column], strict=True):
            if count and not _is(NUMBER, value):
                raise UserError(
                    f"{path}: expected a number in every bin with {unit} under"
                    f" '{key}.{column}', got {value!r}; evaluate again."
                )


def _read(path: Path) -> dict:
    """Load one file; NaN and infinities, which JSON does not know, become None."""
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text, parse_constant=lambda constant: None)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(
            f"{path}: there is no such file; expected a folder made by the verb evaluate."
        ) from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); evaluate again.") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected an evaluation, got another kind of JSON.")
    return content


def _is(kind: str, value) -> bool:
    """Tell whether a value is of one of the kinds above."""
    if kind == TEXT:
        return isinstance(value, str) and bool(value.strip())
    if kind == TABLE:
        return isinstance(value, dict) and bool(value)
    if kind in (LIST, NUMBERS):
        listed = isinstance(value, list)
        return listed and (kind == LIST or all(_is(NUMBER, item) for item in value))
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (kind == NUMBER or value > 0)


def _mistake(path: Path, expected: str, key: str, value) -> UserError:
    came = "nothing" if value is None else repr(value)[:60]
    return UserError(f"{path}: expected {expected} under {key!r}, got {came}; evaluate again.")


def _check_same_test_set(test_sets: dict[str, Mapping], paths: dict[str, Path]) -> None:
    """Raise UserError where two evaluations say different things of their test set."""
    first = {}
    for name, said in test_sets.items():
        for key, value in said.items():
            if value is None:
                continue
            other = first.setdefault(key, name)
            if value != test_sets[other][key]:
                raise UserError(
                    f"{paths[name]}: expected the test set of {paths[other]}, got another"
                    f" ({key!r} differs); write one report per test set."
                )

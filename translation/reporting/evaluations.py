"""Evaluations as the verb `evaluate` leaves them: read, checked, refused where they do not fit."""

import json
from collections.abc import Iterable
from pathlib import Path

from be_keras.tracks.errors import UserError

EVALUATION = "evaluation.json"

NUMBER, POSITIVE, TEXT = "a number", "a number above 0", "a text"
LIST, NUMBERS = "a list", "a list of numbers"
REQUIRED = {
    "name": TEXT,
    "ensemble_size": POSITIVE,
    "members": TEXT,
    "parameters": POSITIVE,
    "checkpoint_bytes": POSITIVE,
    "bleu.score": NUMBER,
    "bleu.signature": TEXT,
    "bleu.interval": NUMBERS,
    "chrf.score": NUMBER,
    "chrf.signature": TEXT,
    "nll": NUMBER,
    "member_nll": NUMBER,
    "brier": NUMBER,
    "ece": NUMBER,
    "disagreement": NUMBER,
    "mutual_information": NUMBER,
    "words": POSITIVE,
    "nll_per_word": NUMBER,
    "reliability.edges": NUMBERS,
    "reliability.count": NUMBERS,
    "reliability.confidence": LIST,
    "reliability.accuracy": LIST,
    "training.unique_tokens": POSITIVE,
    "training.row_tokens": POSITIVE,
}
REQUIRED_OF_TRUTH = {
    "truth.entropy_per_word": NUMBER,
    "truth.reference_nll_per_word": NUMBER,
    "truth.oracle_bleu.score": NUMBER,
}


def read_evaluations(folders: Iterable[str | Path]) -> dict[str, dict]:
    """Read the evaluation in each folder and check that they belong in one report.

    Args:
        folders: paths of folders that hold `evaluation.json`.

    Returns:
        `{name: evaluation}` in the order given; what is not a finite number is None.

    Raises:
        UserError: a file that is missing or damaged, a key missing or of another kind, a name
            used twice, or evaluations of different test sets.
    """
    paths, systems = {}, {}
    for folder in folders:
        path = Path(folder) / EVALUATION
        evaluation = _read(path)
        _check(evaluation, path)
        name = evaluation["name"]
        if name in systems:
            raise UserError(
                f"{path}: expected a name of its own, got {name!r} as in {paths[name]}; evaluate"
                " one of them again under another name."
            )
        paths[name], systems[name] = path, evaluation
    _check_same_test_set(systems, paths)
    return systems


def _read(path: Path):
    """Load one file; NaN and infinities, which JSON does not know, become None."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda constant: None)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(
            f"{path}: there is no such file; expected a folder made by the verb evaluate."
        ) from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); evaluate again.") from None


def _check(evaluation, path: Path) -> None:
    """Raise UserError, naming the key, where the evaluation lacks what a report shows."""
    if not isinstance(evaluation, dict):
        raise UserError(f"{path}: expected an evaluation, got another kind of JSON.")
    truth = REQUIRED_OF_TRUTH if evaluation.get("truth") is not None else {}
    for key, kind in (REQUIRED | truth).items():
        value = evaluation
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if not _is(kind, value):
            came = "nothing" if value is None else repr(value)[:60]
            raise UserError(f"{path}: expected {kind} under {key!r}, got {came}; evaluate again.")
    _check_bins(evaluation["reliability"], path)


def _is(kind: str, value) -> bool:
    """Tell whether a value is of one of the kinds above."""
    if kind == TEXT:
        return isinstance(value, str) and bool(value.strip())
    if kind in (LIST, NUMBERS):
        listed = isinstance(value, list)
        return listed and (kind == LIST or all(_is(NUMBER, item) for item in value))
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (kind == NUMBER or value > 0)


def _check_bins(reliability: dict, path: Path) -> None:
    """Raise UserError unless the bins have one edge more than counts, and figures if not empty."""
    bins = len(reliability["count"])
    for key, expected in (("edges", bins + 1), ("confidence", bins), ("accuracy", bins)):
        if len(reliability[key]) != expected:
            raise UserError(
                f"{path}: expected {expected} values under 'reliability.{key}' for {bins} bins,"
                f" got {len(reliability[key])}; evaluate again."
            )
    for key in ("confidence", "accuracy"):
        for count, value in zip(reliability["count"], reliability[key], strict=True):
            if count and not _is(NUMBER, value):
                raise UserError(
                    f"{path}: expected a number in every bin with tokens under"
                    f" 'reliability.{key}', got {value!r}; evaluate again."
                )


def _check_same_test_set(systems: dict, paths: dict) -> None:
    """Raise UserError where the references, or what is known about them, differ."""
    for key in ("words", "truth"):
        known = [name for name, system in systems.items() if system.get(key)]
        for name in known[1:]:
            if systems[name][key] != systems[known[0]][key]:
                raise UserError(
                    f"{paths[name]}: expected the test set of {paths[known[0]]}, got another"
                    f" ({key!r} differs); write one report per test set."
                )

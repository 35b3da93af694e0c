"""Evaluations as the subcommand `evaluate` leaves them, read for one report."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from be_tracks.errors import UserError
from be_tracks.json_files import read_json

EVALUATION = "evaluation.json"
VERSION = 1  # of what an evaluation holds; `evaluate` writes it, and no other is read


class _Table(dict):
    """An object of a JSON file; asking for a key that it lacks is the user's error, not a bug."""

    def __init__(self, path: Path, content: dict):
        super().__init__(content)
        self._path = path

    def __missing__(self, key):
        raise UserError(f"{self._path}: expected {key!r} in it, got none; evaluate again.")


def read_evaluations(
    folders: Iterable[str | Path], test_set: Callable[[dict], Mapping]
) -> dict[str, dict]:
    """Read the evaluation in each folder and check that they are of the same test set.

    Args:
        folders: paths of folders that hold `evaluation.json`.
        test_set: gives what an evaluation says of its test set, by name; None where it says
            nothing.

    Returns:
        `{name: evaluation}` in the order given.

    Raises:
        UserError: a file that is missing, damaged or of another version, a name used twice, or
            evaluations of different test sets. A key that is missing raises it when asked for.
    """
    paths: dict[str, Path] = {}
    systems: dict[str, dict] = {}
    for folder in folders:
        path = Path(folder) / EVALUATION
        evaluation = _read(path)
        name = evaluation["name"]
        if name in systems:
            raise UserError(
                f"{path}: expected a name of its own, got {name!r} as in {paths[name]}; evaluate"
                " one of them again under another name."
            )
        paths[name], systems[name] = path, evaluation
    _check_same_test_set({name: test_set(system) for name, system in systems.items()}, paths)
    return systems


@contextmanager
def refuse_damaged(folders: Iterable[str | Path]) -> Iterator[None]:
    """Turn errors of values that no evaluation holds, such as a text for a score, into a message.

    Raises:
        UserError: what came, by what tried to show it.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UserError(
            f"{', '.join(map(str, folders))}: expected evaluations as `evaluate` writes them, got"
            f" values that cannot be shown ({type(error).__name__}: {error}); evaluate again."
        ) from error


def _read(path: Path) -> dict:
    evaluation = read_json(
        path,
        f"{path}: there is no such file; expected a folder made by the subcommand evaluate.",
        "evaluate again.",
        lambda content: _Table(path, content),
    )
    version = evaluation.get("version")
    if version != VERSION:
        raise UserError(
            f"{path}: expected an evaluation of version {VERSION}, got"
            f" {'none' if version is None else repr(version)}; evaluate again."
        )
    return evaluation


def _check_same_test_set(test_sets: Mapping[str, Mapping], paths: Mapping[str, Path]) -> None:
    first: dict[str, str] = {}
    for name, test_set in test_sets.items():
        for key, value in test_set.items():
            if value is None:
                continue
            other = first.setdefault(key, name)
            if value != test_sets[other][key]:
                raise UserError(
                    f"{paths[name]}: expected the test set of {paths[other]}, got another"
                    f" ({key!r} differs); write one report per test set."
                )

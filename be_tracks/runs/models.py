"""Saved models from disk, checked before they are used."""

import zipfile
from pathlib import Path

import keras

from be_tracks.errors import UserError
from be_tracks.interrupts import held_interrupts


def load_model(path: Path, kind: type, called: str, remedy: str) -> keras.Model:
    """Load a `.keras` file as it was saved.

    Args:
        path: The file.
        kind: The class that the model must be of.
        called: What it is called in messages, such as "a translator".
        remedy: What to do about a file that holds something else, for messages.

    Raises:
        UserError: There is no such file, or no such model of this version in it.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such model; train one with the subcommand train.")
    try:
        with held_interrupts():
            model = keras.saving.load_model(path)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        first = str(error).strip().split("\n")[0]
        raise UserError(
            f"{path}: expected a model of this version, got one that cannot be loaded ({first});"
            f" {remedy}."
        ) from None
    if not isinstance(model, kind):
        raise UserError(f"{path}: expected {called}, got a {type(model).__name__}.")
    return model

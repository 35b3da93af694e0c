"""Settings of a run: frozen dataclasses, checked when made, changed by `key=value` texts."""

import dataclasses
import difflib
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras

from be_keras import initializers
from be_tracks.errors import UserError

# What values must be, in words and as a test, and the keys of which this holds.
Rules = Sequence[tuple[str, Callable[[Any], bool], Sequence[str]]]


def check_values(settings, rules: Rules, choices: Mapping[str, Sequence[str]]) -> None:
    """Check the values of a dataclass one by one: their types, choices and ranges.

    Raises:
        UserError: A value is none of those; the key, what it must be and the value are named.
    """
    for field in dataclasses.fields(settings):
        value, kinds = getattr(settings, field.name), _kinds(field)
        accepted = (*kinds, int) if float in kinds else kinds
        if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in kinds):
            names = " or ".join(kind.__name__.removesuffix("Type") for kind in kinds)
            raise UserError(f"setting {field.name} takes a value of type {names}; got {value!r}.")
    named = [(" or ".join(known), known.__contains__, (key,)) for key, known in choices.items()]
    for expected, holds, keys in (*named, *rules):
        for key in keys:
            value = getattr(settings, key)
            if not holds(value):
                raise UserError(f"setting {key} must be {expected}; got {value!r}.")


def changed(presets: Mapping[str, Any], preset: str, changes: Iterable[str] = ()) -> Any:
    """Give a preset with some fields set.

    Args:
        presets: Dataclasses by name.
        preset: One of the names.
        changes: `key=value` texts; `None` empties a field that may be empty.

    Raises:
        UserError: Unknown preset or key (with the nearest known one), a value of the wrong type
            or out of range.
    """
    if preset not in presets:
        raise UserError(f"expected a config out of {', '.join(presets)}; got {preset!r}.")
    fields = {field.name: field for field in dataclasses.fields(presets[preset])}
    values = {}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise UserError(f"expected settings of the form key=value; got {change!r}.")
        check_key(key, fields)
        values[key] = _value(text, _kinds(fields[key]))
    return dataclasses.replace(presets[preset], **values)


def check_key(key: str, known: Iterable[str]) -> None:
    """Raise UserError for an unknown key, with the nearest known one."""
    if key not in (known := list(known)):
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}."
        raise UserError(f"unknown setting {key!r}{hint}")


def fast_initializer(text: str) -> keras.initializers.Initializer:
    """Give the initialiser that the setting `fast_initializer` of either track names.

    Raises:
        UserError: `be_keras.initializers.from_text` knows no such text.
    """
    try:
        return initializers.from_text(text)
    except ValueError as error:
        raise UserError(f"setting fast_initializer must be {error}") from None


def _kinds(field):
    return field.type.__args__ if isinstance(field.type, types.UnionType) else (field.type,)


def _value(text, kinds):
    """The value that a text names; one that is of no fitting type stays a text, to be refused."""
    if text == "None" and types.NoneType in kinds:
        return None
    if bool in kinds:
        return {"True": True, "true": True, "False": False, "false": False}.get(text, text)
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                pass
    return text

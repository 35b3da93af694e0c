"""JSON files that a command reads back: damage of any kind ends in a message."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from be_tracks.errors import UserError


def read_json(
    path: str | Path, missing: str, remedy: str, object_hook: Callable[[dict], Any] | None = None
) -> dict:
    """Read a JSON file that holds an object.

    Args:
        path: The file.
        missing: The message where there is no such file.
        remedy: What to do about a damaged file.
        object_hook: As in `json.loads`.

    Raises:
        UserError: There is no such file, it cannot be read, is no JSON, holds numbers that are not
            finite or something else than an object.
    """
    try:
        content = json.loads(
            Path(path).read_text(encoding="utf-8"),
            object_hook=object_hook,
            **dict.fromkeys(("parse_int", "parse_float", "parse_constant"), _number),
        )
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(missing) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read ({error}); {remedy}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected a JSON object, got {type(content).__name__}; {remedy}")
    return content


def _number(text: str) -> int | float:
    """Read a number; ValueError for what JSON does not know, and for what no float can hold."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"expected finite numbers, got {text[:20]}")
    return int(text) if text.lstrip("-").isdigit() else value

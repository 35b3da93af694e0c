"""The one error that a user of a track is meant to see: no traceback, exit status 2."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class UserError(Exception):
    """A mistake in input, options or surroundings that the user can mend.

    The message says what was expected, what came, and what to do. A command line prints it on
    standard error and exits with status 2; nothing half-written is left behind.
    """


@contextmanager
def refusals_explained(
    path: str | Path,
    remedy: str = "choose a place that you may write to and that has room with --out.",
) -> Iterator[None]:
    """Turn what the disk refuses in this block into a UserError that names the path.

    Args:
        path: What was to be written.
        remedy: What to do.
    """
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}); {remedy}"
        ) from error

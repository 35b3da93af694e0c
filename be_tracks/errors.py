"""The one error that a user of a track is meant to see: no traceback, exit status 2."""


class UserError(Exception):
    """A mistake in input, options or surroundings that the user can mend.

    The message says what was expected, what came, and what to do. A command line prints it on
    standard error and exits with status 2; nothing half-written is left behind.
    """

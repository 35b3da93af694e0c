"""The one error that a user of the track is meant to see without a traceback."""


class UserError(Exception):
    """A mistake in files, settings or surroundings that the user can mend.

    The message says what was expected, what came, and what to do. A command line prints it on
    standard error and exits with status 2.
    """

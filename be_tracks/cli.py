"""Carries out one verb of a command line; mistakes end in a message, not in a traceback.

A verb's module has `add_arguments(parser)` and `run(args)`.
"""

import argparse
import importlib
import os
import signal
import sys

from be_tracks.errors import UserError


def run_verb(
    parser: argparse.ArgumentParser,
    sub: argparse.ArgumentParser,
    module: str,
    arguments: list[str],
) -> int:
    """Run a verb.

    Args:
        parser: Of the whole command line.
        sub: Of the verb; the module adds its options.
        module: The dotted name of the verb's module.
        arguments: The command line without the program's name.

    Returns:
        The exit status: 0; 2 for a mistake that the message on standard error explains; 130
        after an interrupt; 1 where the reader of the output has gone.

    Raises:
        SystemExit: argparse's, with status 2 for options it does not know, 0 after `--help`.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        verb = importlib.import_module(module)
        verb.add_arguments(sub)
        verb.run(parser.parse_args(arguments))
    except UserError as error:
        print(f"{sub.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{sub.prog}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Nothing more can be said there, not even by the interpreter on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _interrupt(signum, frame):
    raise KeyboardInterrupt

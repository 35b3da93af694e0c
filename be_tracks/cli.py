"""The command line of a track: subcommands out of modules, mistakes as messages.

A subcommand's module has `add_arguments(parser)` and `run(args)`, and is imported once argparse
has found that it is the one: with Keras it takes seconds to load, which help should not.
"""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from be_tracks.errors import UserError


class _Subcommand(argparse.ArgumentParser):
    """A parser that imports its module and declares its options when it is used."""

    def __init__(self, module: str, **options):
        super().__init__(**options)
        self._module = module

    def parse_known_args(self, args=None, namespace=None):
        module = importlib.import_module(self._module)
        module.add_arguments(self)
        self.set_defaults(run=module.run)
        return super().parse_known_args(args, namespace)


def main(
    prog: str,
    description: str | None,
    subcommands: Mapping[str, tuple[str, str]],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run a subcommand.

    Args:
        prog: The program's name.
        description: What its help begins with.
        subcommands: By name, the dotted name of the module and a line of help.
        arguments: The command line without the program's name; None reads `sys.argv`.

    Returns:
        The exit status: 0; 2 for a mistake that the message on standard error explains; 130
        after an interrupt; 1 where the reader of the output has gone.

    Raises:
        SystemExit: argparse's, with status 2 for options it does not know, 0 after `--help`.
    """
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parsers = parser.add_subparsers(
        dest="subcommand", required=True, metavar="SUBCOMMAND", parser_class=_Subcommand
    )
    for name, (module, summary) in subcommands.items():
        parsers.add_parser(name, module=module, help=summary, description=summary)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        args = parser.parse_args(arguments)
        prog = f"{prog} {args.subcommand}"
        args.run(args)
    except UserError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{prog}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Nothing more can be said there, not even by the interpreter on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _interrupt(signum, frame):
    raise KeyboardInterrupt

"""The command line of a track: subcommands out of modules, mistakes as messages.

A subcommand's module has `add_arguments(parser)` and `run(args)`, and is imported once argparse
has found that it is the one: with Keras it takes seconds to load, which help should not.
"""

import argparse
import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from be_tracks.errors import UserError

OURS = ("be_keras", "be_tracks", "vision", "translation")


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
    extra: str = "",
) -> int:
    """Run a subcommand.

    Args:
        prog: The program's name.
        description: What its help begins with.
        subcommands: By name, the dotted name of the module and a line of help.
        arguments: The command line without the program's name; None reads `sys.argv`.
        extra: The extra of the package that brings what the subcommands import.

    Returns:
        The exit status: 0; 2 for a mistake, or a refusal of the system, that the message on
        standard error explains; 130 after an interrupt; 1 where the reader of the output has gone.

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
        _check_streams()
        words = sys.argv[1:] if arguments is None else arguments
        if any("\0" in word for word in words):
            raise UserError("expected options without NUL characters, got one in a name.")
        args = parser.parse_args(words)
        prog = f"{prog} {args.subcommand}"
        args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"{prog}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _drop_output()
        return 1
    except UserError as error:
        message = str(error)
    except UnicodeEncodeError as error:
        message = f"expected names in UTF-8, got {error.object!r}; rename that file."
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] in OURS:
            raise
        message = f"{error.name} is not installed; pip install 'be_keras[{extra}]' brings it."
    except OSError as error:
        message = f"the system refuses ({error}); mend that and repeat the command."
        _drop_output()
    else:
        return 0
    print(f"{prog}: {message}", file=sys.stderr)
    return 2


def _check_streams() -> None:
    """Refuse a closed standard output; what is opened next would take the number of a closed one.

    Without standard error, messages would go to standard output.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")
    if sys.stdout is None:
        raise UserError(
            "expected an open standard output, got a closed one; to see nothing write >/dev/null."
        )


def _drop_output() -> None:
    """Let what is left of the output go nowhere: the interpreter would fail on it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupt(signum, frame):
    raise KeyboardInterrupt

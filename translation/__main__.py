"""The command line: `python -m translation VERB` and `be-translate VERB`."""

import argparse
import importlib
import os
import signal
import sys

from translation.errors import UserError

VERBS = {
    "prepare": ("translation.prepare", "parallel text to a data folder"),
    "train": ("translation.train", "a data folder to a trained translator; again to resume"),
    "translate": ("translation.translate", "standard input to standard output, line by line"),
    "evaluate": ("translation.evaluate", "BLEU, calibration and diversity on a test set"),
    "report": ("translation.report", "one or more evaluations to a report with figures"),
    "grammar": ("translation.grammar.verb", "make the demo's bilingual corpus"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb.

    Args:
        arguments: the command line without the program's name; None reads `sys.argv`.

    Returns:
        The exit status: 0; 2 for a mistake that the message on standard error explains; 130
        after an interrupt; 1 where the reader of the output has gone.

    Raises:
        SystemExit: argparse's, with status 2 for options it does not know, 0 after `--help`.
    """
    # TensorFlow's start-up notes, among them errors about GPUs that were never asked for.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = sys.argv[1:] if arguments is None else arguments
    verb = next((word for word in arguments if word in VERBS), "")
    try:
        args, run = _parse(arguments, verb)
        run(args)
    except UserError as error:
        _say(verb, str(error))
        return 2
    except KeyboardInterrupt:
        _say(verb, "interrupted")
        return 130
    except BrokenPipeError:
        # Nothing more can be said there, not even by the interpreter on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _parse(arguments: list[str], chosen: str):
    """Parse the command line; gives the options, and the function that carries the verb out."""
    parser = argparse.ArgumentParser(prog="be-translate", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    run = None
    for verb, (name, summary) in VERBS.items():
        sub = verbs.add_parser(verb, help=summary, description=summary)
        # Only the verb asked for is imported: TensorFlow takes seconds to load.
        if verb == chosen:
            module = importlib.import_module(name)
            module.add_arguments(sub)
            run = module.run
    return parser.parse_args(arguments), run


def _say(verb: str, message: str) -> None:
    print(f"be-translate {verb}: {message}", file=sys.stderr)


def _interrupt(signum, frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

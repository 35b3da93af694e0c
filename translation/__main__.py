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
        The exit status: 0, or 2 for a mistake that the message on standard error explains, or
        130 after an interrupt.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    signal.signal(signal.SIGTERM, _terminate)
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="be-translate", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    chosen = next((word for word in arguments if word in VERBS), None)
    for verb, (name, summary) in VERBS.items():
        sub = verbs.add_parser(verb, help=summary, description=summary)
        # Only the verb asked for is imported: TensorFlow takes seconds to load.
        if verb == chosen:
            module = importlib.import_module(name)
            module.add_arguments(sub)
    args = parser.parse_args(arguments)
    try:
        module.run(args)
    except UserError as error:
        print(f"be-translate {args.verb}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"be-translate {args.verb}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _terminate(signum, frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

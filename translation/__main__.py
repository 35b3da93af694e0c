"""The command line: `python -m translation VERB` and `be-translate VERB`."""

import argparse
import os
import sys

VERBS = {
    "prepare": ("translation.prepare", "parallel text to a data folder"),
    "train": ("translation.train", "a data folder to a trained translator; again to resume"),
    "translate": ("translation.translate", "standard input to standard output, line by line"),
    "evaluate": ("translation.evaluate", "BLEU, calibration and diversity on a test set"),
    "report": ("translation.report", "one or more evaluations to a report with figures"),
    "grammar": ("translation.synthetic.verb", "make the demo's bilingual corpus"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and give the exit status, as `be_tracks.cli.run_verb` says.

    Args:
        arguments: the command line without the program's name; None reads `sys.argv`.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="be-translate", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    subs = {verb: verbs.add_parser(verb, help=s, description=s) for verb, (_, s) in VERBS.items()}
    chosen = next((word for word in arguments if word in VERBS), None)
    if chosen is None:
        parser.parse_args(arguments)  # exits, after help or with what is wrong
    # TensorFlow's start-up notes, among them errors about GPUs that were never asked for.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Not before: with Keras it takes seconds to load, which help should not.
    from be_tracks.cli import run_verb

    return run_verb(parser, subs[chosen], VERBS[chosen][0], arguments)


if __name__ == "__main__":
    sys.exit(main())

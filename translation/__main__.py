"""The command line: `python -m translation SUBCOMMAND` and `be-translate SUBCOMMAND`."""

import sys

from be_tracks import cli

SUBCOMMANDS = {
    "prepare": ("translation.prepare", "parallel text to a data folder"),
    "train": ("translation.train", "a data folder to a trained translator; again to resume"),
    "translate": ("translation.translate", "standard input to standard output, line by line"),
    "evaluate": ("translation.evaluate", "BLEU, calibration and diversity on a test set"),
    "report": ("translation.report", "one or more evaluations to a report with figures"),
    "grammar": ("translation.synthetic.command", "make the demo's bilingual corpus"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand and give the exit status, as `be_tracks.cli.main` says."""
    return cli.main("be-translate", __doc__, SUBCOMMANDS, arguments, "translation")


if __name__ == "__main__":
    sys.exit(main())

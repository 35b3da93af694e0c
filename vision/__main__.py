"""The command line: `python -m vision SUBCOMMAND` and `be-vision SUBCOMMAND`."""

import sys

from be_tracks import cli

SUBCOMMANDS = {
    "train": ("vision.train", "images to a trained classifier; again to resume"),
    "evaluate": ("vision.evaluate", "accuracy, calibration, diversity, corruptions, OOD"),
    "report": ("vision.report", "one or more evaluations to a report with figures"),
    "demo": ("vision.demo", "train, evaluate and report six systems on synthetic images"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand and give the exit status, as `be_tracks.cli.main` says."""
    return cli.main("be-vision", __doc__, SUBCOMMANDS, arguments, "vision")


if __name__ == "__main__":
    sys.exit(main())

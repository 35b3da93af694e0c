"""The subcommand `report` of both tracks: evaluations to one folder, whole or not at all."""

import argparse
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from be_tracks.atomic import atomic_directory, check_replaceable
from be_tracks.errors import refusals_explained
from be_tracks.report.evaluations import read_evaluations, refuse_damaged
from be_tracks.runs.version import version


def write_report(
    folders: Collection[str | Path],
    out: str | Path,
    names: Collection[str],
    test_set: Callable[[dict], Mapping],
    summarise: Callable[[dict, str], dict],
    render: Callable[[dict], Mapping[str, bytes]],
) -> dict:
    """Write the report on one or more evaluations of the same test set.

    Args:
        folders: hold `evaluation.json`; their order is the order of the report.
        out: the folder to make; an earlier report there is replaced.
        names: of all files that a report may have besides `report.json`.
        test_set: as `read_evaluations` takes it.
        summarise: from `{name: evaluation}` and who reports to the content of `report.json`.
        render: from that content to the other files, by name.

    Returns:
        The content of `report.json`.

    Raises:
        UserError: an evaluation that is missing, damaged or of another test set, a name used
            twice, or a folder that cannot be written or holds something else.
    """
    check_replaceable(out, ("report.json", *names))
    with refuse_damaged(folders):
        summary = summarise(read_evaluations(folders, test_set), f"be_keras {version()}")
        files = render(summary)
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with refusals_explained(out), atomic_directory(out) as folder:
        for name, content in {"report.json": text.encode(), **files}.items():
            (folder / name).write_bytes(content)
    return summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `report`."""
    parser.add_argument(
        "evaluations",
        nargs="+",
        metavar="EVALUATION",
        help="folders made by the subcommand evaluate, all of the same test set",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the report's folder to make")

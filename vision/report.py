"""The verb `report`: evaluations to one report.

Takes folders made by the verb evaluate; gives a folder with `report.json`, `report.md`,
`report.html`, which stands alone, and figures. The folder appears whole or not at all.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from be_tracks.atomic import check_replaceable, new_folder
from be_tracks.runs.version import version
from vision.reporting.evaluations import read_evaluations
from vision.reporting.figures import FIGURES, draw_figures
from vision.reporting.page import page
from vision.reporting.summary import summarise
from vision.reporting.web import web_page

PAGES = ("report.json", "report.md", "report.html")


def report(evaluations: Iterable[str | Path], out: str | Path) -> dict:
    """Write the report on one or more evaluations of the same test set.

    Args:
        evaluations: folders that hold `evaluation.json`; their order is the order of the report.
        out: the folder to make; an earlier report there is replaced.

    Returns:
        The content of `report.json`; `vision.reporting.summary` describes it.

    Raises:
        UserError: an evaluation that is missing, damaged or of another test set, a name used
            twice, or a folder that cannot be written or holds something else.
    """
    check_replaceable(out, (*PAGES, *FIGURES))
    summary = summarise(read_evaluations(evaluations), f"be_keras {version()}")
    figures = draw_figures(summary["systems"])
    text = page(summary, figures)
    numbers = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
    contents = (numbers + "\n", text, web_page(text, figures, "Vision report"))
    files = {name: content.encode() for name, content in zip(PAGES, contents, strict=True)}
    with new_folder(out) as folder:
        for name, content in (files | figures).items():
            (folder / name).write_bytes(content)
    return summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `report`."""
    parser.add_argument(
        "evaluations",
        nargs="+",
        metavar="EVALUATION",
        help="folders made by the verb evaluate, all of the same test set",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the report's folder to make")


def run(args: argparse.Namespace) -> None:
    """Carry out `report` with parsed options, and print where to read it."""
    systems = report(args.evaluations, args.out)["systems"]
    for name, system in systems.items():
        print(f"{name}: {summary_line(system)}")
    print(Path(args.out) / "report.html")


def summary_line(system: dict) -> str:
    """The main scores of one system of `report.json`, diversity beside accuracy."""
    line = f"accuracy {system['accuracy']:.4f}"
    if system["ensemble_size"] > 1:
        line += f", disagreement {system['disagreement']:.4f}"
    line += f", NLL {system['nll']:.4f}, ECE {system['ece']:.4f}"
    dee = system.get("dee")
    if dee:
        line += f", DEE {'≥ ' if dee.get('at_least') else ''}{dee['dee']:.1f}"
    return line

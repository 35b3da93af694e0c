"""The subcommand `report`: evaluations to one report.

Takes folders made by the subcommand evaluate; gives a folder with `report.json`, `report.md`,
`report.html`, which stands alone, and figures. The folder appears whole or not at all.
"""

import argparse
from collections.abc import Collection
from pathlib import Path

from be_tracks.report.command import add_arguments, write_report
from vision.reporting.figures import FIGURES, draw_figures
from vision.reporting.page import page
from vision.reporting.summary import summarise, test_set
from vision.reporting.web import web_page

__all__ = ["add_arguments", "report", "run", "summary_line"]


def report(evaluations: Collection[str | Path], out: str | Path) -> dict:
    """Write a report; arguments, result and errors are those of `write_report`."""
    names = ("report.md", "report.html", *FIGURES)
    return write_report(evaluations, out, names, test_set, summarise, _files)


def _files(summary):
    figures = draw_figures(summary["systems"])
    text = page(summary, figures)
    document = web_page(text, figures, "Vision report")
    return {"report.md": text.encode(), "report.html": document.encode(), **figures}


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

"""The subcommand `report`: evaluations to one report.

Takes folders made by the subcommand evaluate; gives a folder with `report.json`, `report.md`,
`reliability.png`, `scores.png` and, of systems that were validated more than once,
`learning.png`. The folder appears whole or not at all.
"""

import argparse
from collections.abc import Collection
from pathlib import Path

from be_tracks.report.command import add_arguments, write_report
from be_tracks.report.reliability import reliability_figure
from translation.reporting.learning import learning_figure, with_history
from translation.reporting.page import page
from translation.reporting.scores import scores_figure
from translation.reporting.summary import summarise, test_set

__all__ = ["add_arguments", "report", "run", "summary_line"]


def report(evaluations: Collection[str | Path], out: str | Path) -> dict:
    """Write a report; arguments, result and errors are those of `write_report`."""
    names = ("report.md", "reliability.png", "scores.png", "learning.png")
    return write_report(evaluations, out, names, test_set, summarise, _files)


def _files(summary):
    systems = summary["systems"]
    files = {
        "report.md": page(summary).encode(),
        "reliability.png": reliability_figure(systems, "tokens"),
        "scores.png": scores_figure(systems),
    }
    if learned := with_history(systems):
        files["learning.png"] = learning_figure(learned)
    return files


def run(args: argparse.Namespace) -> None:
    """Carry out `report` with parsed options, and print where to read it."""
    systems = report(args.evaluations, args.out)["systems"]
    for name, system in systems.items():
        print(f"{name}: {summary_line(system)}")
    print(Path(args.out) / "report.md")


def summary_line(system: dict) -> str:
    """The main scores of one system of `report.json`, against the truth where it is known."""
    line = f"BLEU {system['bleu']['score']:.1f}, NLL {system['nll']:.4f}, ECE {system['ece']:.4f}"
    if system["ensemble_size"] > 1:
        line += f", disagreement {system['disagreement']:.4f}"
    if system.get("truth"):
        line += f", excess NLL {system['excess_nll_per_word']:.4f} nats per word"
    if system.get("bleu_of_oracle"):
        line += f", {system['bleu_of_oracle']:.1%} of the best possible BLEU"
    return line

"""The verb `report`: evaluations to one report.

Takes folders made by the verb evaluate; gives a folder with `report.json`, `report.md`,
`reliability.png`, `scores.png` and, of systems that were validated more than once,
`learning.png`. The folder appears whole or not at all.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from be_tracks.atomic import check_replaceable, new_folder
from be_tracks.report.reliability import reliability_figure
from be_tracks.runs.version import version
from translation.reporting.evaluations import read_evaluations
from translation.reporting.learning import learning_figure, with_history
from translation.reporting.page import page
from translation.reporting.scores import scores_figure
from translation.reporting.summary import summarise


def report(evaluations: Iterable[str | Path], out: str | Path) -> dict:
    """Write the report on one or more evaluations of the same test set.

    Args:
        evaluations: folders that hold `evaluation.json`; their order is the order of the report.
        out: the folder to make; an earlier report there is replaced.

    Returns:
        The content of `report.json`; `translation.reporting.summary` describes it.

    Raises:
        UserError: an evaluation that is missing, damaged or of another test set, a name used
            twice, or a folder that cannot be written or holds something else.
    """
    summary = summarise(read_evaluations(evaluations), f"be_keras {version()}")
    systems = summary["systems"]
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
    files = {
        "report.json": text.encode() + b"\n",
        "report.md": page(summary).encode(),
        "reliability.png": reliability_figure(systems, "tokens"),
        "scores.png": scores_figure(systems),
    }
    check_replaceable(out, (*files, "learning.png"))
    if learned := with_history(systems):
        files["learning.png"] = learning_figure(learned)
    with new_folder(out) as folder:
        for name, content in files.items():
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

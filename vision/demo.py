"""The subcommand `demo`: six systems trained, tested and reported on synthetic images.

Takes a folder; gives, in a few minutes, `report.md`, `report.html`, `report.json` and figures in
it, and beside them `runs/` and `evaluations/`. The same call again goes on where it was stopped.
"""

import argparse
import dataclasses
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError
from vision import evaluate, report, train
from vision.config import PRESETS
from vision.data.synthetic import synthetic_images, synthetic_ood
from vision.evaluation import scores as scoring
from vision.evaluation.classifier import Classifier
from vision.methods import make_method

TRAIN, TEST, OOD, CORRUPTED = 8_000, 2_000, 1_000, 400
SIDE = 16
REFERENCE = 8  # networks of the deep ensembles that the DEE is read from
# By name: the method and what its training changes. Equal steps, and so equal examples, but for
# the last row, whose members and steps make it as dear to train as one network.
SYSTEMS = {
    "single": ("single", {}),
    "mc-dropout": ("mc-dropout", {}),
    "deep-ensemble-4": ("deep-ensemble", {}),
    "batch-ensemble-4": ("batch-ensemble", {}),
    "batch-ensemble-4 with dropout": ("batch-ensemble-dropout", {}),
    "batch-ensemble-4, a quarter of the steps": ("batch-ensemble", {"steps": 4}),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `demo`."""
    parser.add_argument("--out", default="vision-demo", metavar="DIR", help="default: vision-demo")


def run(args: argparse.Namespace) -> None:
    """Carry out `demo` with parsed options."""
    demo(args.out)


def demo(out: str | Path) -> dict:
    """Run the demo; gives the content of `report.json`.

    Raises:
        UserError: the folder holds something else, or cannot be written.
    """
    began, out = time.perf_counter(), Path(out)
    _check(out)
    test = synthetic_images(TEST, size=SIDE, split="test")
    ood = {"other shapes": synthetic_ood(OOD, size=SIDE)}
    corrupted = scoring.corrupt_all(test.select(np.arange(CORRUPTED)), title="corruptions")
    networks = make_method("deep-ensemble", REFERENCE)
    reference = Classifier(_trained(out, "reference", networks, {}, 1_000))
    folders = []
    for name, (method, changes) in SYSTEMS.items():
        folder = out / "evaluations" / _slug(name)
        classifier = Classifier(_trained(out, _slug(name), make_method(method), changes, 0))
        if not (folder / "evaluation.json").exists():
            evaluation, found = evaluate.evaluate(
                classifier, test, name, "synthetic images", ood, corrupted, reference=reference
            )
            evaluate.write(folder, evaluation, found)
            print(evaluate.summary_line(evaluation), flush=True)
        folders.append(folder)
    made_aside = out / ".report"
    summary = report.report(folders, made_aside)
    for path in made_aside.iterdir():
        os.replace(path, out / path.name)
    shutil.rmtree(made_aside)
    print(f"{time.perf_counter() - began:.0f} seconds", file=sys.stderr)
    print(f"Read {out / 'report.html'} or {out / 'report.md'}")
    return summary


def _check(out):
    """Refuse a folder that holds something other than a demo."""
    if out.exists() and not (out.is_dir() and ((out / "runs").exists() or not any(out.iterdir()))):
        raise UserError(
            f"{out}: expected a new folder, or that of a demo to go on with; choose another --out."
        )


def _trained(out, name, method, changes, seed):
    """The folder of a run that is trained, if it was not yet."""
    settings = PRESETS["demo"]
    if "steps" in changes:
        changes = {"steps": settings.steps // changes["steps"]}
    settings = dataclasses.replace(settings, **changes)
    run = out / "runs" / name
    train.train(synthetic_images(TRAIN, size=SIDE), run, settings, method, "synthetic images", seed)
    return run


def _slug(name):
    return "-".join(name.replace(",", "").split())

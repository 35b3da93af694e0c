"""Results of translation runs: one evaluation a line of results/TASK.jsonl."""

import json
from pathlib import Path

from be_tracks.atomic import atomic_write
from experiments.trial import keep
from translation.reporting.learning import PANELS, with_history

# What a page shows of an evaluation.
SHOWN = (
    *("name", "ensemble_size", "parameters", "bleu.score", "bleu.interval", "chrf.score", "nll"),
    *("intervals.nll", "member_nll", "ece", "ece_eos", "brier", "disagreement"),
    *("mutual_information", "training.unique_tokens", "training.member_tokens"),
    *(f"training.validations.{key}" for key in ("tokens", *(panel[0] for panel in PANELS))),
)


def gather(folder: Path, path: Path) -> None:
    """Keep what pages show of the evaluations `NAME/evaluation.json` below a folder, as lines."""
    found = (json.loads(file.read_text()) for file in sorted(folder.glob("*/evaluation.json")))
    with atomic_write(path) as partial:
        partial.write_text("".join(json.dumps(keep(each, SHOWN)) + "\n" for each in found))


def read(path: Path, names: list[str]) -> dict[str, dict]:
    """The evaluations of these names that have been run."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = {evaluation["name"]: evaluation for evaluation in map(json.loads, lines)}
    return {name: found[name] for name in names if name in found}


def validated(path: Path, names: list[str]) -> dict[str, dict]:
    """The evaluations of these names that were validated more than once."""
    return with_history(read(path, names))

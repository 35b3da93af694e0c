"""Evaluations of translators: what a report needs of them, and which belong in one report."""

from collections.abc import Iterable
from pathlib import Path

from be_tracks.report import evaluations
from be_tracks.report.evaluations import LIST, NUMBER, NUMBERS, POSITIVE, TEXT

REQUIRED = {
    "name": TEXT,
    "ensemble_size": POSITIVE,
    "members": TEXT,
    "parameters": POSITIVE,
    "checkpoint_bytes": POSITIVE,
    "bleu.score": NUMBER,
    "bleu.signature": TEXT,
    "bleu.interval": NUMBERS,
    "chrf.score": NUMBER,
    "chrf.signature": TEXT,
    "nll": NUMBER,
    "member_nll": NUMBER,
    "brier": NUMBER,
    "ece": NUMBER,
    "disagreement": NUMBER,
    "mutual_information": NUMBER,
    "words": POSITIVE,
    "nll_per_word": NUMBER,
    "reliability.edges": NUMBERS,
    "reliability.count": NUMBERS,
    "reliability.confidence": LIST,
    "reliability.accuracy": LIST,
    "training.unique_tokens": POSITIVE,
    "training.member_tokens": POSITIVE,
}
REQUIRED_OF_TRUTH = {
    "truth.entropy_per_word": NUMBER,
    "truth.reference_nll_per_word": NUMBER,
    "truth.oracle_bleu.score": NUMBER,
}


def read_evaluations(folders: Iterable[str | Path]) -> dict[str, dict]:
    """Read the evaluation in each folder and check that they belong in one report.

    Args:
        folders: paths of folders that hold `evaluation.json`.

    Returns:
        `{name: evaluation}` in the order given; what is not a finite number is None.

    Raises:
        UserError: a file that is missing or damaged, a key missing or of another kind, a name
            used twice, or evaluations of different test sets.
    """
    return evaluations.read_evaluations(folders, _check, _test_set)


def _check(evaluation: dict, path: Path) -> None:
    """Raise UserError, naming the key, where the evaluation lacks what a report shows."""
    truth = REQUIRED_OF_TRUTH if evaluation.get("truth") is not None else {}
    evaluations.check_keys(evaluation, REQUIRED | truth, path)
    evaluations.check_bins(
        evaluation["reliability"], ("confidence", "accuracy"), path, "reliability", "tokens"
    )
    history = evaluation["training"].get("validations")
    if history is not None:
        evaluations.check_keys(evaluation, {"training.validations.tokens": NUMBERS}, path)
        for key, values in history.items():
            count = len(history["tokens"])
            evaluations.check_numbers(values, count, path, f"training.validations.{key}")


def _test_set(evaluation: dict) -> dict:
    """The references, by their number of words, and what is known about them."""
    return {"words": evaluation["words"], "truth": evaluation.get("truth")}

"""The subcommand `evaluate`: a translator on a test set, by its translations and its probabilities.

Takes a run and a data folder; gives a folder with `evaluation.json`, `translations.txt` and
`records.npz`. Translations are scored by sacreBLEU; probabilities token by token, each reference
token given the ones before it.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from be_keras.metrics import (
    Records,
    bootstrap_intervals,
    expected_calibration_error,
    reliability_table,
    scores,
)
from be_tracks.atomic import atomic_directory, check_replaceable
from be_tracks.errors import UserError, refusals_explained
from be_tracks.json_files import read_json
from be_tracks.report.evaluations import EVALUATION, VERSION
from translation.data.batches import evaluation_batches
from translation.data.card import check_files, read_card
from translation.data.splits import read_text
from translation.data.text import count_words
from translation.data.token_shards import TokenCorpus
from translation.data.vocabulary import EOS, Vocabulary
from translation.decoding.decoder import Decoder
from translation.evaluation.bleu import bleu_metric, bleu_scores
from translation.evaluation.token_scores import Scorer, tokens_that_fit
from translation.training.loading import load_translator
from translation.training.run_directory import RunDirectory
from translation.translate import add_search_arguments, make_decoder

FILES = (EVALUATION, "translations.txt", "records.npz")
# What an evaluation keeps of each validation while it was trained; BLEU where there is any.
VALIDATED = ("step", "loss", "nll", "member_nll", "accuracy", "ece", "disagreement", "bleu")


def evaluate(args: argparse.Namespace) -> dict:
    """Evaluate and write the folder.

    Args:
        args: the options that `add_arguments` declares.

    Returns:
        The content of `evaluation.json`.

    Raises:
        UserError: no model, no such split, a vocabulary other than the data's, a bad option, or
            a folder that cannot be written or holds something else.
    """
    check_replaceable(args.out, FILES)
    truth = read_truth(args.truth) if args.truth else None
    card = read_card(args.data)
    if args.split not in card["splits"]:
        raise UserError(
            f"{args.data} has no split {args.split!r}; it has {', '.join(card['splits'])}."
        )
    used = [name for name in card["outputs"] if name.startswith((args.split, "vocabulary"))]
    check_files(args.data, card, used)
    bleu_metric(card["target_language"])  # what is not installed shows before the work
    model, vocabulary, path = load_translator(args.model)
    _check_same_vocabulary(vocabulary, path, card, args.data)
    training = how_trained(path.parent, model.ensemble_size)
    decoder = make_decoder(model, vocabulary, args)
    sources, references = map(list, zip(*read_text(args.data, args.split), strict=True))
    batches = evaluation_batches(TokenCorpus(args.data, args.split), tokens_that_fit(model))
    records = Scorer(model).records(batches)
    with tqdm(total=len(sources), unit=" sentences", desc="translate", mininterval=1.0) as bar:
        translations = decoder.translate(sources, bar.update)
    evaluation = {
        "version": VERSION,
        "name": args.name or path.parent.resolve().name,
        "ensemble_size": model.ensemble_size,
        "parameters": model.count_params(),
        "checkpoint_bytes": path.stat().st_size,
        **bleu_scores(translations, references, card["target_language"]),
        **token_scores(records.columns()),
        **word_scores(records.columns(), references),
        "sentences": len(references),
        "decoding": how_decoded(decoder),
        "truth": truth,
        **training,
    }
    write(args.out, evaluation, translations, records)
    return evaluation


def _check_same_vocabulary(vocabulary: Vocabulary, model: Path, card: dict, data: str) -> None:
    if vocabulary.sha256 != card["vocabulary"]["sha256"]:
        raise UserError(
            f"{data} was prepared with another vocabulary than {model} was trained with; prepare"
            f" the test text with --vocabulary {model.parent / 'vocabulary.model'}."
        )


def token_scores(columns: dict[str, np.ndarray], samples: int = 1000) -> dict:
    """Scores over all target tokens, their intervals by sentence, and the reliability diagram.

    Args:
        columns: of `Records`, with the index of the sentence as `group`.
        samples: resamples of the bootstrap.

    Returns:
        What `be_keras.metrics.scores` gives, but `tokens` for the count; `ece_eos`, the
        calibration error of the end marks alone; `intervals`, `[low, high]` by score, empty for a
        single sentence; `reliability`, a list by column of the table, None in empty bins.
    """
    values = scores(columns)
    tokens = int(values.pop("count"))
    ends = columns["label"] == EOS
    group = columns["group"]
    intervals = {}
    if len(np.unique(group)) > 1:
        intervals = bootstrap_intervals(columns, samples=samples, group=group)
        intervals = {name: list(intervals[name]) for name in values}
    table = reliability_table(columns["confidence"], columns["correct"])
    return {
        **values,
        "ece_eos": expected_calibration_error(
            columns["confidence"][ends], columns["correct"][ends]
        ),
        "tokens": tokens,
        "intervals": intervals,
        "reliability": {name: [_or_none(value) for value in table[name]] for name in table},
    }


def _or_none(value) -> float | None:
    return float(value) if math.isfinite(value) else None


def word_scores(columns: dict[str, np.ndarray], references: list[str]) -> dict:
    """Count the references' words, and spread all tokens' NLL over them: nats per word.

    Pieces differ between vocabularies, words do not. In scripts without spaces between words a
    character counts as one. Raises UserError where there is no word.
    """
    words = int(sum(map(count_words, references)))
    if not words:
        raise UserError("expected references with words in them, got empty lines alone.")
    return {"words": words, "nll_per_word": float(-np.sum(columns["log_likelihood"]) / words)}


def how_decoded(decoder: Decoder) -> dict:
    """What a decoder searched with, and how many sentences it had to cut."""
    return {
        "beam_size": decoder.beam_size,
        "length_penalty": decoder.length_penalty,
        "max_extra": decoder.max_extra,
        "cut": decoder.cut,
    }


def how_trained(folder: Path, ensemble_size: int) -> dict:
    """What a run's folder tells of its training: members, tokens, steps, seconds, settings.

    Raises:
        UserError: the folder is no run, or one without a validation.
    """
    run = RunDirectory(folder)
    settings, log = run.settings(), run.log()
    if not log:
        raise UserError(
            f"{folder}: expected a log of validations, got none; let `train` get as far as"
            " far as its first validation."
        )
    members = settings["method"]["members"] or "single"
    unique = sum(entry["tokens"] for entry in log)
    return {
        "members": members,
        "training": {
            "steps": log[-1]["step"],
            "unique_tokens": unique,
            # Compute is matched by these: target tokens times the members that read each.
            "member_tokens": unique * (ensemble_size if members == "shared" else 1),
            "seconds": round(sum(entry["seconds"] for entry in log), 1),
            "validations": _history(log),
        },
        "settings": settings,
    }


def _history(log: list[dict]) -> dict[str, list]:
    """The scores of the validations, a list for each, and the unique tokens read before it."""
    scores = [key for key in VALIDATED if all(key in entry for entry in log)]
    tokens = np.cumsum([entry["tokens"] for entry in log]).tolist()
    return {"tokens": tokens, **{key: [entry[key] for entry in log] for key in scores}}


def read_truth(path: str | Path) -> dict:
    """Read the truth about a synthetic test set from its `corpus.json`; UserError if it is none."""
    keys = ("entropy_per_word", "reference_nll_per_word", "oracle_bleu")
    expected = f"expected the corpus.json of a synthetic corpus, with {', '.join(keys)}"
    card = read_json(path, f"{path}: {expected}; there is no such file.", f"{expected}.")
    if missing := [key for key in keys if key not in card]:
        raise UserError(f"{path}: {expected}; got none of {', '.join(missing)}.")
    return {key: card[key] for key in keys}


def write(out: str | Path, evaluation: dict, translations: list[str], records: Records) -> None:
    """Write the evaluation's folder, whole or not at all."""
    with refusals_explained(out), atomic_directory(out) as folder:
        text = json.dumps(evaluation, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / EVALUATION).write_text(text + "\n", encoding="utf-8")
        lines = "".join(translation + "\n" for translation in translations)
        (folder / "translations.txt").write_text(lines, encoding="utf-8", newline="\n")
        records.save(folder / "records.npz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `evaluate`."""
    parser.add_argument(
        "--model", required=True, metavar="RUN", help="folder of a run, or a .keras file in one"
    )
    parser.add_argument("--data", required=True, metavar="DIR", help="folder made by prepare")
    parser.add_argument("--split", default="test", help="default: test")
    parser.add_argument("--out", required=True, metavar="DIR", help="the evaluation's folder")
    parser.add_argument("--name", help="name in reports (default: the run's)")
    parser.add_argument(
        "--truth", metavar="FILE", help="corpus.json of a synthetic corpus whose entropy is known"
    )
    add_search_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Carry out `evaluate` with parsed options, and print the main scores."""
    evaluation = evaluate(args)
    print(
        f"{evaluation['name']}: BLEU {evaluation['bleu']['score']:.2f}"
        f" chrF {evaluation['chrf']['score']:.2f} NLL {evaluation['nll']:.4f}"
        f" ECE {evaluation['ece']:.4f} disagreement {evaluation['disagreement']:.4f}"
    )
    print(f"wrote {args.out}", file=sys.stderr)

"""Writes a corpus: parallel text, the truth about its test set, and a card that describes it."""

import json
from pathlib import Path

from be_tracks.atomic import atomic_directory
from be_tracks.errors import UserError, refusals_explained
from translation.data.card import sha256
from translation.evaluation.bleu import bleu_scores
from translation.synthetic.oracle import truth_of
from translation.synthetic.pairs import pair_named, without_ambiguity
from translation.synthetic.settings import FULL, SIMPLE
from translation.synthetic.splits import Splits, draw_splits, words_of

CARD = "corpus.json"
TRUTH = "test.truth.jsonl"
_TEXTS = (f"{split}.{code}" for split in ("train", "valid", "test") for code in ("en", "de", "fr"))
_OURS = {CARD, TRUTH, *_TEXTS}


def write_corpus(
    out_dir: str | Path,
    pair: str = "en-de",
    *,
    train: int = 40000,
    valid: int = 1000,
    test: int = 1000,
    seed: int = 0,
    ambiguity: bool = True,
    simple: bool = False,
) -> dict:
    """Makes a corpus folder; the same arguments give the same files, byte for byte.

    The folder holds `train`, `valid` and `test`, each as `.en` and `.de` or `.fr`;
    `test.truth.jsonl`, one object a test sentence with `source`, `reference`,
    `best_translation`, `log_probability` (of the reference), `entropy` (both in nats) and
    `words` (of the reference, between white space); and `corpus.json`.

    Args:
        out_dir: the folder to make; one that this function made before is replaced.
        pair: "en-de" or "en-fr".
        train, valid, test: numbers of sentence pairs, at least 1.
        seed: any int.
        ambiguity: False lets every choice fall on its most probable value, so that the
            entropy is 0 and the best possible translator has a BLEU of 100.
        simple: True draws from a small part of the grammar and its words.

    Returns:
        The card, as written to `corpus.json`: `entropy_per_word` and `reference_nll_per_word`
        in nats per word of the references, `oracle_bleu` of the most probable translations
        with sacreBLEU's signature, what was held out of training, and SHA-256 of every file.

    Raises:
        UserError: an unknown pair, a size below 1 or more sentences than the grammar has, or a
            folder that cannot be written or holds something else; nothing is left behind.
    """
    sizes = {"train": train, "valid": valid, "test": test}
    for name, size in sizes.items():
        if size < 1:
            raise UserError(f"expected at least 1 sentence for {name}; got {size}.")
    languages = pair_named(pair) if ambiguity else without_ambiguity(pair_named(pair))
    _check_place(Path(out_dir))
    splits = draw_splits(languages, SIMPLE if simple else FULL, **sizes, seed=seed)
    truth = [_truth_row(example, languages) for example in splits.test]
    card = {
        "pair": pair,
        "seed": seed,
        "ambiguity": ambiguity,
        "simple": simple,
        "sentences": sizes,
        "word_types": _word_types(splits, languages.target),
        **_ceiling(truth, languages.target),
        "held_out": _by_kind(splits.held_out),
    }
    with refusals_explained(out_dir), atomic_directory(out_dir) as folder:
        for name in sizes:
            examples = getattr(splits, name)
            _write_lines(folder / f"{name}.en", [each.source for each in examples])
            _write_lines(folder / f"{name}.{languages.target}", [each.target for each in examples])
        _write_lines(folder / TRUTH, [json.dumps(row, ensure_ascii=False) for row in truth])
        card["files"] = {path.name: sha256(path) for path in sorted(folder.iterdir())}
        _write_lines(folder / CARD, [json.dumps(card, indent=2, ensure_ascii=False)])
    return card


def _truth_row(example, languages):
    truth = truth_of(example.sentence, languages)
    return {
        "source": example.source,
        "reference": example.target,
        "best_translation": truth.best_translation,
        "log_probability": truth.log_probability(example.target),
        "entropy": truth.entropy,
        "words": len(example.target.split()),
    }


def _ceiling(truth, language):
    """What the best possible translator reaches on a test set, from the rows of its truth."""
    words = sum(row["words"] for row in truth)
    best = [row["best_translation"] for row in truth]
    bleu = bleu_scores(best, [row["reference"] for row in truth], language)["bleu"]
    return {
        "test_words": words,
        "entropy_per_word": sum(row["entropy"] for row in truth) / words,
        "reference_nll_per_word": sum(-row["log_probability"] for row in truth) / words,
        "oracle_bleu": bleu,
    }


def _word_types(splits: Splits, target: str) -> dict[str, int]:
    """How many different words, numbers in digits aside, the training text has on each side."""
    sides = {"en": "source", target: "target"}
    return {
        language: len(
            {
                word.lower()
                for example in splits.train
                for word in words_of(getattr(example, side))
                if not word[0].isdigit()
            }
        )
        for language, side in sides.items()
    }


def _by_kind(combinations):
    by_kind = {}
    for kind, first, second in sorted(combinations):
        by_kind.setdefault(kind, []).append([first, second])
    return by_kind


def _check_place(folder):
    """Refuses a folder that holds anything but a corpus."""
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    foreign = present if CARD not in present else present - _OURS
    if foreign or (folder.exists() and not folder.is_dir()):
        raise UserError(
            f"{folder}: expected a new folder or a corpus made here before; got "
            f"{', '.join(sorted(foreign)) or 'a file'}. Choose another folder."
        )


def _write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")

"""BLEU and chrF as sacreBLEU computes them, with signatures and bootstrap intervals.

Takes detokenised sentences; gives plain numbers that go into a JSON file.
"""

import json

import numpy as np
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.metrics.base import Metric

from be_tracks.errors import UserError


def bleu_scores(
    hypotheses: list[str], references: list[str], language: str = "", samples: int = 1000
) -> dict[str, dict]:
    """Score translations against one reference each.

    Args:
        hypotheses: list of str, detokenised.
        references: list of str, detokenised, as many.
        language: code of the target language such as "de"; sacreBLEU picks its tokeniser by it.
        samples: int, at least 2, resamples of the bootstrap.

    Returns:
        `{"bleu": ..., "chrf": ...}`, each `{"score", "signature", "interval": [low, high]}` on
        the scale 0 to 100. The interval holds the middle 95 % in width and stands around the
        bootstrap's mean, as sacreBLEU reports it.

    Raises:
        ValueError: no sentences, unequal counts, or fewer than 2 samples.
    """
    _check(samples, references, hypotheses=hypotheses)
    metrics = {"bleu": bleu_metric(language), "chrf": CHRF()}
    return {
        name: _corpus(metric, hypotheses, references, samples) for name, metric in metrics.items()
    }


def corpus_bleu(hypotheses: list[str], references: list[str], language: str = "") -> float:
    """Give BLEU alone, 0 to 100, without an interval; arguments as in `bleu_scores`.

    Where the tokeniser of the language is not installed, characters are the tokens.
    """
    try:
        metric = bleu_metric(language)
    except UserError:
        metric = BLEU(tokenize="char")
    return metric.corpus_score(hypotheses, [references]).score


def bleu_metric(language: str, **options) -> BLEU:
    """Give sacreBLEU's BLEU with the tokeniser of a language, and what other options it takes.

    Raises UserError where the tokeniser needs a package that is not installed.
    """
    try:
        return BLEU(trg_lang=language, **options)
    except (ImportError, RuntimeError) as error:
        raise UserError(
            f"sacreBLEU's tokeniser for {language} needs a package that is not installed:"
            f" pip install 'sacrebleu[{language}]' ({error})"
        ) from None


def paired_bleu_difference(
    first: list[str],
    second: list[str],
    references: list[str],
    language: str = "",
    samples: int = 1000,
    seed: int = 12345,
) -> dict:
    """Tell how much more BLEU the second system has than the first (Koehn 2004).

    Both systems are scored on the same resampled sentences, so what makes a sentence hard for
    both cancels out.

    Args:
        first, second: lists of str, the two systems' translations of the same sentences.
        references: list of str, as many.
        language: code of the target language; sacreBLEU picks its tokeniser by it.
        samples: int, at least 2, resamples of the bootstrap.
        seed: int, of the resampling.

    Returns:
        `{"difference", "interval": [low, high], "samples", "seed"}`: second minus first in BLEU
        points, and the quantiles .025 and .975 over the resamples.

    Raises:
        ValueError: no sentences, unequal counts, or fewer than 2 samples.
    """
    _check(samples, references, first=first, second=second)
    statistics = [_bleu_statistics(system, references, language) for system in (first, second)]
    count = len(references)
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=samples)
    before, after = (np.array([_bleu(row) for row in draws @ system]) for system in statistics)
    whole_before, whole_after = (_bleu(system.sum(axis=0)) for system in statistics)
    return {
        "difference": whole_after - whole_before,
        "interval": np.quantile(after - before, [0.025, 0.975]).tolist(),
        "samples": samples,
        "seed": seed,
    }


def _check(samples: int, references: list[str], **systems: list[str]) -> None:
    """Raise ValueError where there is nothing to score or the counts differ."""
    if not references:
        raise ValueError("Expected at least one reference sentence, received none.")
    for name, sentences in systems.items():
        if len(sentences) != len(references):
            raise ValueError(
                f"Expected one sentence of {name} per reference; received {len(sentences)} "
                f"and {len(references)} references. Keep empty translations as empty lines."
            )
    if samples < 2:
        raise ValueError(f"Expected at least 2 bootstrap samples, received {samples}.")


def _corpus(metric: Metric, hypotheses: list[str], references: list[str], samples: int) -> dict:
    """Score a corpus with one sacreBLEU metric: score, signature and interval."""
    score = metric.corpus_score(hypotheses, [references], n_bootstrap=samples)
    signature = metric.get_signature().format()
    shown = json.loads(score.format(width=6, signature=signature, is_json=True))
    # sacreBLEU leaves the confidence out where every resample scores 0.
    mean, half = shown.get("confidence_mean", 0.0), shown.get("confidence_var", 0.0)
    interval = [max(mean - half, 0.0), min(mean + half, 100.0)]
    return {"score": score.score, "signature": signature, "interval": interval}


def _bleu_statistics(hypotheses: list[str], references: list[str], language: str) -> np.ndarray:
    """Give `(sentences, 10)` ints: matches and totals of the n-gram orders, and both lengths."""
    metric = bleu_metric(language, effective_order=True)
    scores = [
        metric.sentence_score(hypothesis, [reference])
        for hypothesis, reference in zip(hypotheses, references, strict=True)
    ]
    return np.array([[*s.counts, *s.totals, s.sys_len, s.ref_len] for s in scores])


def _bleu(statistics: np.ndarray) -> float:
    """Compute corpus BLEU, 0 to 100, from summed statistics `(10,)`, smoothed as by default."""
    *ngrams, system_length, reference_length = statistics.tolist()
    matches, totals = ngrams[:4], ngrams[4:]
    score = BLEU.compute_bleu(matches, totals, system_length, reference_length, smooth_method="exp")
    return score.score

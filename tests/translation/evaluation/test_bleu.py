"""BLEU, chrF and their intervals against sacreBLEU's command of its own and known answers."""

import json
import subprocess
import sys

import numpy as np
import pytest
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

from be_tracks.errors import UserError
from translation.evaluation.bleu import (
    bleu_metric,
    bleu_scores,
    corpus_bleu,
    paired_bleu_difference,
)

WORDS = "der die das Hund Katze Haus sieht findet große kleine , nicht heute .".split()


def corpus(sentences, seed=0):
    """Make random German-like sentences."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size=rng.integers(4, 12))) for _ in range(sentences)]


def worsened(sentences, share, seed=1):
    """Replace a share of the words by random ones."""
    rng = np.random.default_rng(seed)
    return [
        " ".join(rng.choice(WORDS) if rng.random() < share else word for word in line.split())
        for line in sentences
    ]


def test_equals_the_command_line_of_sacrebleu(tmp_path):
    references = corpus(60)
    hypotheses = worsened(references, 0.3)
    (tmp_path / "ref").write_text("\n".join(references) + "\n", encoding="utf-8")
    (tmp_path / "hyp").write_text("\n".join(hypotheses) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "sacrebleu", str(tmp_path / "ref"), "-i"]
    command += [str(tmp_path / "hyp"), "-m", "bleu", "chrf", "-w", "6", "--force"]
    command += ["--confidence", "--confidence-n", "50"]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    scores = bleu_scores(hypotheses, references, language="de", samples=50)
    for name, expected in zip(("bleu", "chrf"), printed, strict=True):
        assert scores[name]["score"] == pytest.approx(expected["score"], abs=1e-6)
        assert scores[name]["signature"] == expected["signature"]
        low, high = scores[name]["interval"]
        assert (low + high) / 2 == pytest.approx(expected["confidence_mean"], abs=1e-5)
        assert (high - low) / 2 == pytest.approx(expected["confidence_var"], abs=1e-5)


def test_equal_text_scores_100():
    references = corpus(5)
    scores = bleu_scores(references, references, samples=10)
    for name in ("bleu", "chrf"):
        assert scores[name]["score"] == pytest.approx(100)
        assert scores[name]["interval"] == pytest.approx([100, 100])


def test_nothing_right_scores_0():
    scores = bleu_scores(["qqq qqq qqq qqq"] * 3, ["der Hund sieht das"] * 3, samples=10)
    assert scores["bleu"]["score"] == 0.0
    assert scores["bleu"]["interval"] == [0.0, 0.0]


def test_the_language_chooses_the_tokeniser():
    scores = bleu_scores(["我们 走"], ["我们 走"], language="zh", samples=2)
    assert "tok:zh" in scores["bleu"]["signature"]


def test_the_difference_is_that_of_the_corpus_scores():
    references = corpus(80)
    first, second = worsened(references, 0.5), worsened(references, 0.3, seed=2)
    result = paired_bleu_difference(first, second, references, language="de", samples=200)
    scores = [BLEU().corpus_score(system, [references]).score for system in (first, second)]
    assert result["difference"] == pytest.approx(scores[1] - scores[0], abs=1e-9)
    low, high = result["interval"]
    assert 0 < low < result["difference"] < high
    turned = paired_bleu_difference(second, first, references, language="de", samples=200)
    assert turned["interval"] == pytest.approx([-high, -low])


def test_the_interval_is_narrower_than_that_of_unpaired_systems():
    references = corpus(80)
    first = worsened(references, 0.4)
    second = [line + " ." for line in first]
    low, high = paired_bleu_difference(first, second, references, samples=200)["interval"]
    single = bleu_scores(first, references, samples=200)["bleu"]["interval"]
    assert high - low < 0.5 * (single[1] - single[0])


def test_sacrebleus_paired_test_agrees_on_who_differs():
    references = corpus(80)
    base = worsened(references, 0.4)
    others = {"same": worsened(references, 0.4, seed=3), "better": worsened(references, 0.2)}
    for name, system in others.items():
        named = [("base", base), (name, system)]
        _, results = PairedTest(named, {"bleu": BLEU()}, [references], "bs", n_samples=300)()
        low, high = paired_bleu_difference(base, system, references, samples=300)["interval"]
        assert (results["BLEU"][1].p_value < 0.05) == (low > 0 or high < 0)


def test_a_system_against_itself_differs_by_nothing():
    references = corpus(20)
    system = worsened(references, 0.4)
    result = paired_bleu_difference(system, system, references, samples=20)
    assert result["difference"] == 0.0 and result["interval"] == [0.0, 0.0]


def test_one_sentence_has_one_resample():
    first, second = ["der Hund sieht nicht heute"], ["der Hund sieht das Haus nicht"]
    result = paired_bleu_difference(first, second, ["der Hund sieht das Haus"], samples=5)
    assert result["interval"] == pytest.approx([result["difference"]] * 2)


@pytest.mark.parametrize(
    "hypotheses, references, samples, message",
    [
        ([], [], 10, "at least one reference sentence, received none"),
        (["a"], ["a", "b"], 10, "received 1 and 2 references"),
        (["a"], ["a"], 1, "at least 2 bootstrap samples, received 1"),
    ],
)
def test_bad_input_is_refused(hypotheses, references, samples, message):
    with pytest.raises(ValueError, match=message):
        bleu_scores(hypotheses, references, samples=samples)
    with pytest.raises(ValueError, match=message):
        paired_bleu_difference(references, hypotheses, references, samples=samples)


def test_a_tokeniser_that_is_not_installed(monkeypatch):
    def missing(*args, **kwargs):
        raise RuntimeError("Please install MeCab")

    monkeypatch.setattr("translation.evaluation.bleu.BLEU", missing)
    with pytest.raises(UserError, match=r"ja needs a package .*pip install 'sacrebleu\[ja\]'"):
        bleu_metric("ja")


def test_bleu_alone_is_the_score():
    hypotheses, references = ["the cat sat on the mat"], ["the cat sat on a mat"]
    scores = bleu_scores(hypotheses, references, "de", samples=2)
    assert corpus_bleu(hypotheses, references, "de") == scores["bleu"]["score"]

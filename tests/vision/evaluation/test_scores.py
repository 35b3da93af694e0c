"""Predictions and scores: against hand-worked cases and a second way to each figure."""

import numpy as np
import pytest

from be_keras import metrics
from vision.corruptions import NAMES, corrupt
from vision.data.images import Images
from vision.evaluation import scores as scoring
from vision.evaluation.predictions import NotFinite, Predictions

DRAW = np.random.default_rng(0)
CLASSES = 4
WEIGHTS = DRAW.normal(size=(2, 3 * 3, CLASSES)) / 100


def images_of(count, seed=0):
    draw = np.random.default_rng(seed)
    pixels = draw.integers(0, 256, (count, 3, 3, 1)).astype(np.uint8)
    return Images(pixels, draw.integers(0, CLASSES, count).astype(np.int32), tuple("abcd"))


def logits_of(pixels):
    """Two linear members `(n, 2, C)`."""
    return np.einsum("nd,mdc->nmc", pixels.reshape(len(pixels), -1), WEIGHTS).astype("float32")


@pytest.fixture
def found(monkeypatch):
    # Several chunks, the last one short.
    monkeypatch.setattr("vision.evaluation.predictions.CHUNK", 7)
    return Predictions(logits_of, images_of(30), keep_members=True)


def test_chunks_make_no_difference(found):
    images = images_of(30)
    logits = logits_of(images.images)
    np.testing.assert_allclose(found.log_probs, metrics.mean_log_probs(logits), rtol=1e-5)
    for key, value in metrics.member_scores(logits, images.labels).items():
        np.testing.assert_allclose(found.members[key], value, rtol=1e-6)
    for m in range(2):
        np.testing.assert_allclose(
            found.of_members[m], metrics.mean_log_probs(logits[:, [m]]), rtol=1e-5
        )


def test_ood_images_need_no_label(found):
    ood = Predictions(logits_of, images_of(5, seed=1), ood=True)
    assert ood.log_probs is None and ood.members == {}
    assert set(ood.columns) == set(found.columns)


def test_logits_that_are_not_finite():
    def broken(pixels):
        return logits_of(pixels) * np.nan

    with pytest.raises(NotFinite, match="lower --set learning_rate"):
        Predictions(broken, images_of(5))
    with pytest.raises(NotFinite):
        scoring.under_corruption(broken, scoring.corrupt_all(images_of(5), (1,)))


def test_in_distribution(found):
    scores = scoring.in_distribution(found, samples=20)
    assert scores["images"] == 30
    assert scores["nll"] == pytest.approx(-found.columns["log_likelihood"].mean())
    assert scores["calibrated_nll"] == pytest.approx(-found.calibrated().mean())
    low, high = scores["intervals"]["accuracy"]
    assert low <= scores["accuracy"] <= high
    assert len(scores["members_alone"]["accuracy"]) == 2
    assert sum(scores["reliability"]["count"]) == 30
    assert all(value is None or np.isfinite(value) for value in scores["divergence"]["confidence"])


def test_rejection_by_hand():
    columns = {
        "confidence": np.array([0.9, 0.3, 0.8, 0.5]),
        "correct": np.array([1.0, 0.0, 1.0, 0.0]),
    }
    found = scoring.rejection(columns)
    at = {round(share, 2): value for share, value in zip(*found.values(), strict=True)}
    assert at[0.0] == 0.5 and at[0.25] == pytest.approx(2 / 3) and at[0.5] == 1.0


def test_out_of_distribution_counts_every_image(found):
    ood = Predictions(logits_of, images_of(9, seed=1), ood=True)
    result = scoring.out_of_distribution(found, {"noise": ood})["noise"]
    assert result["images"] == 9
    assert sum(result["histogram"]["in_distribution"]) == 30
    assert sum(result["histogram"]["ood"]) == 9
    assert len(result["histogram"]["edges"]) == 1 + len(result["histogram"]["in_distribution"])
    expected = metrics.ood_scores(found.columns["entropy"], ood.columns["entropy"])
    low, high = result["scores"]["entropy"].pop("auroc_interval")
    assert result["scores"]["entropy"] == expected
    assert low <= expected["auroc"] <= high


def test_corruptions_are_each_scored_once():
    images = images_of(12)
    corrupted = scoring.corrupt_all(images, (1, 5))
    result = scoring.under_corruption(logits_of, corrupted)
    assert set(result["by_name"]) == set(NAMES) and result["severities"] == [1, 5]
    assert result["images"] == 12
    logits = logits_of(corrupt(images.images, "contrast", 5))
    right = np.mean(np.exp(metrics.mean_log_probs(logits)).argmax(-1) == images.labels)
    assert result["by_name"]["contrast"]["accuracy"][1] == pytest.approx(right)
    every = [value for each in result["by_name"].values() for value in each["nll"]]
    assert len(every) == 30 and result["mean"]["nll"] == pytest.approx(np.mean(every))
    low, high = result["intervals"]["nll"]
    assert low < result["mean"]["nll"] < high


def test_calibration_under_corruption_pools_before_it_bins():
    """Of a calibrated system small sets alone would show an error that is all noise."""

    def guessing(pixels):
        logits = np.zeros((len(pixels), 1, 2))
        logits[..., 0] = np.log(0.75 / 0.25)
        return logits

    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (60, 8, 8, 3)).astype("uint8")
    labels = np.arange(60, dtype="int32") % 4 // 3  # class 0 three times of four
    corrupted = scoring.corrupt_all(Images(pixels, labels, ("a", "b")), (1, 5))
    result = scoring.under_corruption(guessing, corrupted)
    assert result["by_severity"]["ece"] == pytest.approx([0, 0], abs=1e-6)
    assert result["mean"]["ece"] == pytest.approx(0, abs=1e-6)

    names = list(NAMES)
    half = {
        name: [images.select(np.arange(0, 60, 2 if i % 2 else 1)[:30]) for images in sets]
        for i, (name, sets) in enumerate(corrupted.images.items())
    }
    result = scoring.under_corruption(guessing, scoring.Corrupted((1, 5), half))
    assert result["by_name"][names[1]]["ece"] > 0.2  # every second image: all of class 0
    expected = abs(
        0.75 - np.mean([np.mean(sets[0].labels == 0) for sets in half.values()])
    )
    assert result["mean"]["ece"] == pytest.approx(expected, abs=1e-6)


def test_corrupted_images_are_made_on_demand_where_they_take_too_much(monkeypatch):
    images = images_of(4)
    kept = scoring.corrupt_all(images, (1, 5))
    monkeypatch.setattr(scoring, "KEPT_BYTES", 100)
    made = scoring.corrupt_all(images, (1, 5))
    assert isinstance(kept.images["fog"], list) and not isinstance(made.images["fog"], list)
    first, second = scoring.under_corruption(logits_of, kept), scoring.under_corruption(
        logits_of, made
    )
    assert first == second


def test_against_humans_by_hand(found):
    found.log_probs = np.log([[0.5, 0.25, 0.125, 0.125]])
    result = scoring.against_humans(found, np.array([[0.5, 0.5, 0.0, 0.0]]))
    assert result["cross_entropy"] == pytest.approx(1.5 * np.log(2))
    assert result["entropy"] == pytest.approx(np.log(2)) and result["images"] == 1

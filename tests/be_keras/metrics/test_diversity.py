"""Members and pairs of them against plain loops and against the records of the same logits."""

import keras
import numpy as np
import pytest

from be_keras.metrics import (
    disagreement_matrix,
    divergence_by_confidence,
    ensemble_records,
    kl_matrix,
    member_scores,
)

N, M, C = 30, 4, 5


@pytest.fixture(name="case")
def _case():
    rng = np.random.default_rng(0)
    return rng.normal(scale=2.0, size=(N, M, C)), rng.integers(C, size=N)


def softmax(logits):
    p = np.exp(logits)
    return p / p.sum(axis=-1, keepdims=True)


def records_of(logits, labels):
    records = ensemble_records(logits.astype("float32"), labels, outputs="logits")
    return {name: keras.ops.convert_to_numpy(column) for name, column in records.items()}


def off_diagonal(matrix):
    return matrix[~np.eye(len(matrix), dtype=bool)]


def test_members_by_themselves(case):
    logits, labels = case
    found = member_scores(logits, labels)
    for m in range(M):
        p = softmax(logits[:, m])
        assert found["nll"][m] == pytest.approx(-np.mean(np.log(p[np.arange(N), labels])))
        assert found["accuracy"][m] == np.mean(p.argmax(axis=-1) == labels)
    normalised = member_scores(np.log(softmax(logits)), labels)
    np.testing.assert_allclose(normalised["nll"], found["nll"])


def test_their_means_are_those_of_the_records(case):
    logits, labels = case
    found, columns = member_scores(logits, labels), records_of(logits, labels)
    assert found["nll"].mean() == pytest.approx(-columns["member_log_likelihood"].mean(), rel=1e-5)
    assert found["accuracy"].mean() == pytest.approx(columns["member_correct"].mean())
    disagreement = off_diagonal(disagreement_matrix(logits)).mean()
    assert disagreement == pytest.approx(columns["disagreement"].mean(), rel=1e-5)
    divergence = off_diagonal(kl_matrix(logits)).mean()
    assert divergence == pytest.approx(columns["pairwise_kl"].mean(), rel=1e-4)


def test_pairs_equal_the_loop(case):
    logits, _ = case
    votes, p = logits.argmax(axis=-1), softmax(logits)
    disagreement, divergence = disagreement_matrix(logits), kl_matrix(logits)
    for i in range(M):
        for j in range(M):
            assert disagreement[i, j] == np.mean(votes[:, i] != votes[:, j])
            expected = np.mean(np.sum(p[:, i] * np.log(p[:, i] / p[:, j]), axis=-1))
            assert divergence[i, j] == pytest.approx(expected, abs=1e-12)


def test_by_hand():
    # One example: member 0 at (3/4, 1/4), member 1 at (1/4, 3/4).
    logits = np.log([[[3.0, 1.0], [1.0, 3.0]]])
    np.testing.assert_allclose(kl_matrix(logits), np.log(3.0) / 2 * (1 - np.eye(2)), atol=1e-15)
    np.testing.assert_array_equal(disagreement_matrix(logits), 1 - np.eye(2))


def test_equal_members_do_not_differ(case):
    logits = np.repeat(case[0][:, :1], 3, axis=1)
    np.testing.assert_array_equal(kl_matrix(logits), np.zeros((3, 3)))
    np.testing.assert_array_equal(disagreement_matrix(logits), np.zeros((3, 3)))


def test_divergence_by_confidence_by_hand():
    columns = {
        "confidence": [0.4, 0.5, 0.51, 0.9],
        "correct": [0, 1, 1, 1],
        "pairwise_kl": [3.0, 1.0, 0.5, 0.1],
    }
    table = divergence_by_confidence(columns, bins=4)
    np.testing.assert_allclose(table["edges"], [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(table["count"], [0, 2, 1, 1])
    np.testing.assert_allclose(table["confidence"], [np.nan, 0.45, 0.51, 0.9])
    np.testing.assert_allclose(table["accuracy"], [np.nan, 0.5, 1, 1])
    np.testing.assert_allclose(table["pairwise_kl"], [np.nan, 2.0, 0.5, 0.1])


def test_the_bins_add_up_to_the_mean(case):
    columns = records_of(*case)
    table = divergence_by_confidence(columns)
    filled = table["count"] > 0
    mean = np.average(table["pairwise_kl"][filled], weights=table["count"][filled])
    assert mean == pytest.approx(columns["pairwise_kl"].mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairwise_kl": [0.1]}, r"shape \(2,\). Received shape \(1,\)"),
        ({"pairwise_kl": [0.1, np.nan]}, "NaN or infinity"),
        ({"confidence": [0.5, 1.5]}, "`confidence` must lie in"),
        ({"confidence": [0.5]}, "Received 1 and 2"),
        ({"bins": 0}, "at least 1. Received 0"),
    ],
)
def test_bad_records(changes, message):
    bins = changes.pop("bins", 15)
    columns = {"confidence": [0.5, 0.6], "correct": [0, 1], "pairwise_kl": [0.1, 0.2]}
    with pytest.raises(ValueError, match=message):
        divergence_by_confidence(columns | changes, bins)


def test_bad_input(case):
    logits, labels = case
    with pytest.raises(ValueError, match=r"lack the columns \['correct', 'pairwise_kl'\]"):
        divergence_by_confidence({"confidence": [0.5]})
    with pytest.raises(ValueError, match=r"Labels must lie in \[0, 5\)"):
        member_scores(logits, labels + C)
    for function in (kl_matrix, disagreement_matrix):
        with pytest.raises(ValueError, match=r"Received shape \(30, 5\)"):
            function(logits[:, 0])

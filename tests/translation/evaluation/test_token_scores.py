"""Teacher-forced records against whole softmaxes in NumPy."""

import keras
import numpy as np
import pytest

from translation.evaluation.token_scores import Scorer, tokens_that_fit


def batch(rows, length, seed, start):
    """A batch of sentences of unequal lengths, the last row without one."""
    draw = np.random.default_rng(seed)
    source, target = draw.integers(4, 30, (2, rows, length)).astype("int32")
    for row, end in enumerate(draw.integers(1, length + 1, rows)):
        source[row, end:] = target[row, end:] = 0
    source[-1] = target[-1] = 0
    target_in = np.concatenate([np.full((rows, 1), 2, "int32"), target[:, :-1]], axis=1)
    index = np.append(np.arange(start, start + rows - 1), -1)
    return {"source": source, "target_in": target_in, "target_out": target, "index": index}


@pytest.mark.parametrize("ensemble_size", [None, 3])
def test_records_are_those_of_the_real_tokens(translator, ensemble_size):
    model = translator(ensemble_size)
    batches = [batch(4, 5, seed=0, start=7), batch(3, 6, seed=1, start=2)]
    columns = Scorer(model).records(batches).columns()
    expected, members, labels, groups = [], [], [], []
    for each in batches:
        logits = model({name: each[name] for name in ("source", "target_in")}, training=False)
        odds = np.exp(keras.ops.convert_to_numpy(logits).astype("float64"))
        probabilities = odds / odds.sum(axis=-1, keepdims=True)  # (B, M, T, V)
        for row, step in np.argwhere(each["target_out"]):
            label = each["target_out"][row, step]
            of_label = probabilities[row, :, step, label]
            expected.append(np.log(of_label.mean()))
            members.append(np.log(of_label).mean())
            labels.append(label)
            groups.append(each["index"][row])
    np.testing.assert_allclose(columns["log_likelihood"], expected, atol=1e-4)
    np.testing.assert_allclose(columns["member_log_likelihood"], members, atol=1e-4)
    np.testing.assert_array_equal(columns["label"], labels)
    np.testing.assert_array_equal(columns["group"], groups)
    assert -1 not in groups


def test_one_scorer_serves_all_validations(translator):
    model = translator()
    scorer = Scorer(model)
    batches = [batch(3, 4, seed=0, start=0)]
    before = scorer.records(batches).columns()["log_likelihood"]
    model.set_weights([weight * 1.5 for weight in model.get_weights()])
    after = scorer.records(batches).columns()["log_likelihood"]
    fresh = Scorer(model).records(batches).columns()["log_likelihood"]
    np.testing.assert_allclose(after, fresh, atol=1e-5)
    assert np.max(np.abs(after - before)) > 0.01


def test_batches_of_padding_leave_no_record(translator):
    empty = {name: array * 0 for name, array in batch(3, 4, seed=0, start=0).items()}
    assert len(Scorer(translator()).records([empty])) == 0


@pytest.mark.parametrize(
    ("vocabulary_size", "ensemble_size", "memory", "expected"),
    [(30, None, 10**9, 4096), (1000, 4, 80_000_000, 1000), (1000, 4, 1, 256)],
)
def test_tokens_that_fit(translator, vocabulary_size, ensemble_size, memory, expected):
    model = translator(ensemble_size, vocabulary_size=vocabulary_size)
    assert tokens_that_fit(model, memory=memory) == expected

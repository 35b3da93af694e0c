"""Batches: every pair once, static shapes, an order that can be resumed, little padding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from be_tracks.errors import UserError
from translation.data import batches as module
from translation.data.batches import BatchPlan, TokenBatches, evaluation_batches
from translation.data.token_shards import ShardWriter, TokenCorpus


class Listed:
    """A corpus in memory: pair i has the ids that `pairs` lists."""

    def __init__(self, pairs):
        self.pairs = pairs

    @classmethod
    def of_lengths(cls, lengths):
        return cls([([4 + i] * left, [5 + i] * right) for i, (left, right) in enumerate(lengths)])

    def __len__(self):
        return len(self.pairs)

    def lengths(self):
        return np.array([[len(side) for side in pair] for pair in self.pairs]).reshape(-1, 2)

    def pair(self, index):
        return self.pairs[index]


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def check_every_pair_once(corpus, plan, batches):
    """Each pair's ids stand in one row, as the module says; other rows are padding."""
    seen = []
    for batch in batches:
        shape = batch["source"].shape
        assert shape in plan.shapes
        assert shape == batch["target_in"].shape == batch["target_out"].shape
        for row, index in enumerate(batch["index"]):
            source, target_in, target_out = (
                batch[key][row].tolist() for key in ("source", "target_in", "target_out")
            )
            if index == -1:
                assert not any(source + target_in + target_out)
                continue
            left, right = map(list, corpus.pair(index))
            padding = [0] * shape[1]
            assert source == (left + [3] + padding)[: shape[1]]
            assert target_in == ([2] + right + padding)[: shape[1]]
            assert target_out == (right + [3] + padding)[: shape[1]]
            seen.append(int(index))
    assert sorted(seen) == list(range(len(corpus)))


lengths_of_pairs = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1)
options = st.fixed_dictionaries(
    {
        "tokens_per_batch": st.integers(1, 60),
        "buckets": st.integers(1, 16),
        "multiple_of": st.integers(1, 4),
    }
)


@given(lengths=lengths_of_pairs, options=options, epoch=st.integers(0, 5))
def test_every_pair_once_an_epoch(lengths, options, epoch):
    corpus = Listed.of_lengths(lengths)
    training = TokenBatches(corpus, **options)
    batches = list(training.batches(epoch))
    assert len(batches) == training.steps_per_epoch(epoch)
    assert len(training.plan.shapes) <= options["buckets"]
    for rows, length in training.plan.shapes:
        assert rows % options["multiple_of"] == 0
        assert rows * length <= max(options["tokens_per_batch"], options["multiple_of"] * length)
    check_every_pair_once(corpus, training.plan, batches)


@given(lengths=lengths_of_pairs, options=options, data=st.data())
def test_resumes_at_any_step(lengths, options, data):
    corpus = Listed.of_lengths(lengths)
    whole = list(TokenBatches(corpus, **options, seed=3).batches(2))
    start = data.draw(st.integers(0, len(whole)))
    rest = list(TokenBatches(corpus, **options, seed=3).batches(2, start))
    assert len(rest) == len(whole) - start
    assert all(map(same, rest, whole[start:]))


@given(lengths=lengths_of_pairs, options=options)
def test_padding_is_what_the_batches_hold(lengths, options):
    training = TokenBatches(Listed.of_lengths(lengths), **options)
    cells = [batch[key] for batch in training.batches(0) for key in ("source", "target_out")]
    zeros = sum(np.count_nonzero(array == 0) for array in cells)
    assert training.padding == pytest.approx(zeros / sum(array.size for array in cells), abs=1e-12)


@given(lengths=lengths_of_pairs, options=options)
def test_evaluation_holds_every_pair_in_length_order(lengths, options):
    corpus = Listed.of_lengths(lengths)
    batches = list(evaluation_batches(corpus, **options))
    check_every_pair_once(corpus, BatchPlan(corpus.lengths(), **options), batches)
    order = [i for batch in batches for i in batch["index"] if i >= 0]
    longest = [max(lengths[i]) for i in order]
    assert longest == sorted(longest)


def test_known_batch():
    corpus = Listed([([7, 8], [9]), ([], [5, 6])])
    [batch] = evaluation_batches(corpus, tokens_per_batch=9)
    assert {key: value.tolist() for key, value in batch.items()} == {
        "source": [[7, 8, 3], [3, 0, 0], [0, 0, 0]],
        "target_in": [[2, 9, 0], [2, 5, 6], [0, 0, 0]],
        "target_out": [[9, 3, 0], [5, 6, 3], [0, 0, 0]],
        "index": [0, 1, -1],
    }
    assert {key: value.dtype for key, value in batch.items()} == {
        "source": np.int32,
        "target_in": np.int32,
        "target_out": np.int32,
        "index": np.int64,
    }


def test_known_plan():
    plan = BatchPlan([[3, 2]] * 8 + [[9, 4]] * 3, tokens_per_batch=20, buckets=2)
    assert plan.shapes == [(5, 4), (2, 10)]
    assert plan.bucket.tolist() == [0] * 8 + [1] * 3
    assert plan.steps == 2 + 2
    assert plan.padding == pytest.approx(1 - (8 * 7 + 3 * 15) / (2 * (10 * 4 + 4 * 10)))


def test_reads_a_corpus_on_disk(tmp_path):
    pairs = [([4] * (i % 5), [5] * (i % 7)) for i in range(40)]
    with ShardWriter(tmp_path, "train", 70_000) as writer:
        for pair in pairs:
            writer.append(*pair)
    training = TokenBatches(TokenCorpus(tmp_path, "train"), 30)
    assert all(map(same, training.batches(1), TokenBatches(Listed(pairs), 30).batches(1)))


def test_order_depends_on_seed_and_epoch_alone():
    corpus = Listed.of_lengths([(i % 9, i % 7) for i in range(100)])

    def order(seed, epoch):
        batches = TokenBatches(corpus, 40, seed=seed).batches(epoch)
        return tuple(np.concatenate([batch["index"] for batch in batches]).tolist())

    orders = [order(seed, epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(orders)) == 4
    assert orders == [order(seed, epoch) for seed in (0, 1) for epoch in (0, 1)]


def test_order_is_that_of_the_documented_shuffle():
    """What a run of an earlier version read, a resumed one reads."""
    training = TokenBatches(Listed.of_lengths([(4, 4)] * 50), 30, seed=3)
    [(rows, _)] = training.plan.shapes
    draw = np.random.default_rng((3, 2))
    pairs = draw.permutation(50)
    chunks = [pairs[start : start + rows].tolist() for start in range(0, 50, rows)]
    expected = [chunks[place] for place in draw.permutation(len(chunks))]
    found = [batch["index"] for batch in training.batches(2)]
    assert [index[index >= 0].tolist() for index in found] == expected


@pytest.mark.parametrize("block", [1, 7, 100])
def test_blocks_change_nothing(monkeypatch, block):
    corpus = Listed.of_lengths([(i % 9, i % 7) for i in range(50)])
    whole = TokenBatches(corpus, 40, 4)
    monkeypatch.setattr(module, "_BLOCK", block)
    parts = TokenBatches(corpus, 40, 4)
    assert parts.plan.shapes == whole.plan.shapes
    assert (parts.plan.steps, parts.padding) == (whole.plan.steps, whole.padding)
    assert all(map(same, parts.batches(1), whole.batches(1)))


def test_a_plan_takes_few_bytes_a_pair():
    lengths = np.random.default_rng(0).integers(1, 200, (100_000, 2)).astype(np.uint16)
    plan = BatchPlan(lengths, 4096, 16)
    chunks = plan.chunks(np.arange(100_000, dtype=np.uint32))
    assert plan.bucket.nbytes == 100_000
    assert sum(pairs.nbytes for _, pairs in chunks) == 400_000


def test_batches_of_all_lengths_are_mixed():
    training = TokenBatches(Listed.of_lengths([(i % 50, i % 50) for i in range(1000)]), 200)
    widths = [batch["source"].shape[1] for batch in training.batches(0)]
    assert widths != sorted(widths)
    assert len(set(widths[: len(widths) // 2])) == len(training.plan.shapes)


def test_partners_change_between_epochs():
    training = TokenBatches(Listed.of_lengths([(5, 5)] * 64), 48)
    groups = [{frozenset(batch["index"].tolist()) for batch in training.batches(e)} for e in (0, 1)]
    assert groups[0] != groups[1]


def test_little_padding_on_a_skewed_distribution():
    lengths = np.random.default_rng(0).lognormal(3, 0.6, 20_000).astype(int).clip(1, 250)
    lengths = np.stack([lengths, lengths], 1)
    assert BatchPlan(lengths, 4096, buckets=1).padding > 0.85
    assert BatchPlan(lengths, 4096, buckets=8).padding < 0.18
    assert BatchPlan(lengths, 4096, buckets=16).padding < 0.10
    assert BatchPlan(lengths, 4096, buckets=8, multiple_of=4).padding < 0.18


def test_too_long_for_the_model():
    corpus = Listed.of_lengths([(3, 9)])
    assert TokenBatches(corpus, 40, max_length=10).plan.shapes == [(4, 10)]
    with pytest.raises(UserError, match="at most 9 pieces.* got one of 10.*--max-length 9"):
        TokenBatches(corpus, 40, max_length=9)


def test_evaluation_keeps_what_is_longer_than_a_batch():
    [batch] = evaluation_batches(Listed.of_lengths([(99, 3)]), tokens_per_batch=10)
    assert batch["source"].shape == (1, 100)


def test_no_pairs():
    for make in (TokenBatches, evaluation_batches):
        with pytest.raises(UserError, match="empty split"):
            make(Listed([]), 40)


@pytest.mark.parametrize("start", [-1, 3])
def test_start_out_of_range(start):
    training = TokenBatches(Listed.of_lengths([(4, 4)] * 4), 10)
    assert training.steps_per_epoch(0) == 2
    with pytest.raises(ValueError, match=f"from 0 to 2, got {start}"):
        training.batches(0, start)

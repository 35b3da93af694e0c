"""Batches of about equal numbers of tokens, in a handful of static shapes.

Takes a `TokenCorpus`, gives dictionaries of NumPy arrays; the order is a pure function of seed
and epoch, so any step of any epoch can be reached again. Knows nothing of ensembles or TensorFlow.
An epoch's plan holds about 6 bytes a pair, and 12 while it is made: 41 million pairs, 0.5 GB.

A batch has int32 `source` (B, S): pieces, end mark; `target_in` (B, T): begin mark, pieces;
`target_out` (B, T): pieces, end mark; and int64 `index` (B,): the pair's place in the corpus. The
rest of a row is padding, 0. S and T are both the bucket's length. A row without a pair (index -1)
is all padding, so that it weighs nothing.
"""

from collections.abc import Iterator

import numpy as np

from be_tracks.errors import UserError
from translation.data.buckets import choose_buckets, rows_of
from translation.data.token_shards import TokenCorpus
from translation.data.vocabulary import BOS, EOS

Batch = dict[str, np.ndarray]
Chunk = tuple[int, np.ndarray]  # a bucket, and the pairs of one of its batches

_BLOCK = 1_000_000  # pairs for which NumPy may make 64-bit copies at a time


class BatchPlan:
    """The static shapes of a corpus, and the bucket of each of its pairs.

    Args:
        lengths: pieces of source and target, (n, 2); a pair's length is that of its longer side
            with the end mark.
        tokens_per_batch: the most positions of a batch on the target side, padding included; the
            source side has as many again.
        buckets: the most shapes, 1 to 16.
        multiple_of: rows of every batch are a multiple of this: the ensemble size where members
            split a batch, times the number of replicas.

    Attributes:
        shapes: `(rows, length)` of each bucket, by length.
        bucket: the bucket of every pair, (n,).
        steps: batches that hold every pair once.
        padding: the share of positions, source and target together, that is padding.

    Raises:
        ValueError: no pair, or an option out of its range.
    """

    def __init__(
        self, lengths: np.ndarray, tokens_per_batch: int, buckets: int = 8, multiple_of: int = 1
    ):
        lengths = np.asarray(lengths)
        longest = lengths.max(axis=1)
        histogram = np.zeros(int(longest.max(initial=0)) + 2, np.int64)  # end marks included
        for block in _blocks(len(longest)):
            counts = np.bincount(longest[block])
            histogram[1 : len(counts) + 1] += counts
        ends = choose_buckets(histogram, tokens_per_batch, buckets, multiple_of)
        rows = rows_of(ends, tokens_per_batch, multiple_of)
        self.shapes = list(zip(rows.tolist(), ends.tolist(), strict=True))
        of_length = np.searchsorted(ends, np.arange(1, len(histogram))).astype(np.uint8)
        self.bucket = np.empty(len(longest), np.uint8)
        for block in _blocks(len(longest)):
            self.bucket[block] = of_length[longest[block]]
        pairs = np.bincount(of_length, histogram[1:], len(ends)).astype(np.int64)
        batches = -(-pairs // rows)
        self.steps = int(batches.sum())
        marked = int(lengths.sum(dtype=np.int64)) + lengths.size
        self.padding = 1 - marked / (2 * int((batches * rows * ends).sum()))

    def chunks(self, order: np.ndarray) -> list[Chunk]:
        """Deal pairs, in the order given, into batches; the last of a bucket may be short."""
        bucket = np.empty(len(order), np.uint8)
        for block in _blocks(len(order)):
            bucket[block] = self.bucket[order[block]]
        dealt = []
        for number, (rows, _) in enumerate(self.shapes):
            mine = order[bucket == number]
            dealt += [(number, mine[start : start + rows]) for start in range(0, len(mine), rows)]
        return dealt


class TokenBatches:
    """Training batches: every pair once an epoch, shuffled, resumable at any step.

    Args:
        corpus: what to train on.
        tokens_per_batch, buckets, multiple_of: as in `BatchPlan`.
        seed: draws the order.
        max_length: the most positions of a side, end mark included, that the model takes.

    Attributes:
        plan: the `BatchPlan`.

    Raises:
        UserError: the corpus has no pair, or one longer than `max_length`.
        ValueError: an option out of its range.
    """

    def __init__(
        self,
        corpus: TokenCorpus,
        tokens_per_batch: int,
        buckets: int = 8,
        multiple_of: int = 1,
        seed: int = 0,
        max_length: int | None = None,
    ):
        lengths = _lengths(corpus)
        longest = int(lengths.max()) + 1
        if max_length is not None and longest > max_length:
            raise UserError(
                f"expected training sentences of at most {max_length} pieces, end mark included,"
                f" got one of {longest}; prepare the data with --max-length {max_length}, or train"
                " with a larger maximum."
            )
        self.plan = BatchPlan(lengths, tokens_per_batch, buckets, multiple_of)
        self._corpus = corpus
        self._seed = seed

    @property
    def padding(self) -> float:
        """The share of positions that is padding, as `BatchPlan.padding`."""
        return self.plan.padding

    def steps_per_epoch(self, epoch: int) -> int:
        """Give the number of batches of an epoch; buckets are fixed, so all epochs are alike."""
        return self.plan.steps

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of an epoch from step `start` on.

        Raises ValueError for a start outside 0 to `steps_per_epoch(epoch)`.
        """
        if not 0 <= start <= self.plan.steps:
            raise ValueError(f"expected a start from 0 to {self.plan.steps}, got {start}")
        random = np.random.default_rng((self._seed, epoch))
        chunks = self.plan.chunks(random.permutation(_indices(len(self._corpus))))
        order = random.permutation(len(chunks))[start:]
        return (make_batch(self._corpus, self.plan, chunks[place]) for place in order)

    def pairs_from(self, step: int) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
        """Give inputs and labels of `fit` from a step of the training on, epoch after epoch."""
        epoch, start = divmod(step, self.plan.steps)
        while True:
            for batch in self.batches(epoch, start):
                inputs = {name: batch[name] for name in ("source", "target_in")}
                yield inputs, batch["target_out"]
            epoch, start = epoch + 1, 0


def evaluation_batches(
    corpus: TokenCorpus, tokens_per_batch: int, buckets: int = 8, multiple_of: int = 1
) -> Iterator[Batch]:
    """Give every pair once, from short to long, however long; `index` restores the order.

    Args and errors are those of `TokenBatches`.
    """
    lengths = _lengths(corpus)
    plan = BatchPlan(lengths, tokens_per_batch, buckets, multiple_of)
    order = np.argsort(lengths.max(axis=1), kind="stable")
    return (make_batch(corpus, plan, chunk) for chunk in plan.chunks(order))


def make_batch(corpus: TokenCorpus, plan: BatchPlan, chunk: Chunk) -> Batch:
    """Lay the pairs of a chunk out as a batch of its bucket's static shape."""
    bucket, pairs = chunk
    rows, length = plan.shapes[bucket]
    source, target_in, target_out = (np.zeros((rows, length), np.int32) for _ in range(3))
    index = np.full(rows, -1, np.int64)
    index[: len(pairs)] = pairs
    for row, pair in enumerate(pairs):
        left, right = corpus.pair(pair)
        source[row, : len(left)] = left
        source[row, len(left)] = EOS
        target_in[row, 0] = BOS
        target_in[row, 1 : len(right) + 1] = right
        target_out[row, : len(right)] = right
        target_out[row, len(right)] = EOS
    return {"source": source, "target_in": target_in, "target_out": target_out, "index": index}


def _blocks(count: int) -> Iterator[slice]:
    """Cut 0 to `count` into slices of a bounded size."""
    return (slice(start, start + _BLOCK) for start in range(0, count, _BLOCK))


def _indices(count: int) -> np.ndarray:
    """Give 0 to `count` - 1 in the smallest type; it is shuffled as `count` itself would be."""
    return np.arange(count, dtype=np.uint32 if count <= 2**32 else np.int64)


def _lengths(corpus: TokenCorpus) -> np.ndarray:
    """Give the lengths of a corpus that has any."""
    if not len(corpus):
        raise UserError("expected at least one pair of sentences, got an empty split.")
    return corpus.lengths()

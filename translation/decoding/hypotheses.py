"""Hypotheses side by side: score them, join two sets of them, keep the best."""

from typing import Any, NamedTuple

from keras import ops

from translation.decoding.masking import IMPOSSIBLE, is_possible


class Hypotheses(NamedTuple):
    """W hypotheses per example; a slot with score `IMPOSSIBLE` is empty.

    tokens: `(B, W, L)` int32, without `bos`.
    log_probs: `(B, W)` float32, sums over the words.
    scores: `(B, W)` float32, log-probabilities over the length penalty: what the order goes by.
    """

    tokens: Any
    log_probs: Any
    scores: Any


def penalty(lengths, alpha):
    """Length penalty `((5 + |Y|) / 6) ** alpha` (Wu et al. 2016, equation 14).

    Args:
        lengths: int tensor, words of a hypothesis, `eos` counted.
        alpha: float; 0 leaves log-probabilities as they are, more favours long hypotheses.

    Returns:
        float32 in the shape of `lengths`.
    """
    return ops.power((5.0 + ops.cast(lengths, "float32")) / 6.0, alpha)


def score(log_probs, lengths, alpha):
    """Divide log-probabilities by the penalty of their lengths; empty slots stay `IMPOSSIBLE`."""
    return ops.where(is_possible(log_probs), log_probs / penalty(lengths, alpha), IMPOSSIBLE)


def only(hypotheses, kept):
    """Empty the slots where `kept`, `(B, W)` bool, is false; their tokens stay behind."""
    return hypotheses._replace(
        log_probs=ops.where(kept, hypotheses.log_probs, IMPOSSIBLE),
        scores=ops.where(kept, hypotheses.scores, IMPOSSIBLE),
    )


def join(first, second):
    """Put two sets side by side: widths W1 and W2 give W1 + W2."""
    return Hypotheses(*(ops.concatenate(pair, axis=1) for pair in zip(first, second, strict=True)))


def take(hypotheses, slots):
    """Pick slots: `slots` `(B, K)` int below W gives K hypotheses per example, in that order."""
    return Hypotheses(
        tokens=ops.take_along_axis(hypotheses.tokens, slots[:, :, None], axis=1),
        log_probs=ops.take_along_axis(hypotheses.log_probs, slots, axis=1),
        scores=ops.take_along_axis(hypotheses.scores, slots, axis=1),
    )


def best(hypotheses, count):
    """Keep the `count` best by score, best first; among equals the earlier slot wins.

    Returns:
        The hypotheses kept, and the slots `(B, count)` int32 they came from.
    """
    slots = ops.top_k(hypotheses.scores, count)[1]
    return take(hypotheses, slots), slots


def where(chosen, first, second):
    """Take all hypotheses of an example from `first` where `chosen`, `(B,)` bool, else `second`."""
    return Hypotheses(
        tokens=ops.where(chosen[:, None, None], first.tokens, second.tokens),
        log_probs=ops.where(chosen[:, None], first.log_probs, second.log_probs),
        scores=ops.where(chosen[:, None], first.scores, second.scores),
    )

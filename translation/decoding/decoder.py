"""Sentences to translations: batches of a few static shapes, search, and text again.

The ensemble lives in the step: all members of an example extend the same hypotheses, and the
search sees the log of the mean of their probabilities.
"""

import math
from collections.abc import Sequence

import numpy as np
from keras import ops

from be_keras.backend import compiled, has_accelerator
from be_keras.members import merge_members, repeat_examples, split_members
from translation.data.text import normalise_space
from translation.data.vocabulary import EOS, Vocabulary
from translation.decoding import beam_search, greedy_search
from translation.models.transformer import PAD
from translation.models.translator import Translator

LENGTHS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)


class Decoder:
    """Translates with one model and one vocabulary.

    Args:
        model: a built `Translator`.
        vocabulary: the one it was trained with.
        beam_size: hypotheses kept; 1 is greedy search.
        length_penalty: exponent alpha of the length penalty (Wu et al., 2016); 0 or more.
        max_extra: pieces that a translation may have beyond those of its source.
        tokens_per_batch: source positions decoded at once.

    Attributes:
        cut: how many sentences were longer than the longest shape, and so translated in part.
    """

    def __init__(
        self,
        model: Translator,
        vocabulary: Vocabulary,
        beam_size: int = 4,
        length_penalty: float = 0.6,
        max_extra: int = 50,
        tokens_per_batch: int = 1024,
    ):
        self.model, self.vocabulary = model, vocabulary
        self.beam_size, self.length_penalty = beam_size, length_penalty
        self.max_extra, self.tokens_per_batch = max_extra, tokens_per_batch
        self.cut = 0
        self._searches = {}

    def translate(self, sentences: Sequence[str], progress=None) -> list[str]:
        """Give one translation for each sentence, in one line; an empty one for an empty one.

        Args:
            sentences: text, a sentence each.
            progress: called with the number of sentences done, now and then.
        """
        pieces = self.vocabulary.encode(sentences)
        self.cut += sum(len(ids) >= LENGTHS[-1] for ids in pieces)
        pieces = [ids[: LENGTHS[-1] - 1] + [EOS] for ids in pieces]
        translations = [""] * len(pieces)
        lengths = [(i, len(ids)) for i, ids in enumerate(pieces) if len(ids) > 1]
        if progress:
            progress(len(pieces) - len(lengths))
        for length, chunk in self._chunks(sorted(lengths, key=lambda pair: pair[1])):
            best = self._search([pieces[i] for i in chunk], length)
            for i, text in zip(chunk, self.vocabulary.decode(best.tolist()), strict=True):
                # A vocabulary that spells in bytes can spell the end of a line.
                translations[i] = normalise_space(text)
            if progress:
                progress(len(chunk))
        return translations

    def _chunks(self, lengths):
        """Deal `(index, length)`, sorted by length, into `(shape's length, indices)`."""
        chunk, current = [], 0
        for index, length in lengths:
            shape = next(bound for bound in LENGTHS if bound >= length)
            full = len(chunk) >= max(1, self.tokens_per_batch // max(current, 1))
            if chunk and (shape != current or full):
                yield current, chunk
                chunk = []
            chunk.append(index)
            current = shape
        if chunk:
            yield current, chunk

    def _search(self, pieces, length):
        """Best hypotheses `(batch_size, L)` of sentences of at most `length` pieces."""
        batch_size = max(1, self.tokens_per_batch // length)
        while batch_size // 2 >= len(pieces):
            batch_size //= 2  # a few sentences do not pay for a whole batch
        source = np.full((batch_size, length), PAD, np.int32)
        limits = np.zeros(batch_size, np.int32)  # those without a sentence end at once
        for place, ids in enumerate(pieces):
            source[place, : len(ids)] = ids
            limits[place] = len(ids) + self.max_extra
        if (batch_size, length) not in self._searches:
            self._searches[batch_size, length] = compiled(
                self.model, self._searcher(batch_size, length), jit_compile=has_accelerator()
            )
        tokens = self._searches[batch_size, length](
            ops.convert_to_tensor(source), ops.convert_to_tensor(limits)
        )
        return ops.convert_to_numpy(tokens)[: len(pieces)]

    def _searcher(self, batch_size, length):
        """The function to compile, from source `(batch_size, length)` and limits to best tokens."""
        longest = length + self.max_extra

        def search(source, limits):
            state, step = start_ensemble(self.model, source, longest, self.beam_size)
            if self.beam_size == 1:
                return greedy_search(step, state, batch_size, longest, limits)[0]
            tokens, _, _ = beam_search(
                step, state, batch_size, self.beam_size, longest, self.length_penalty, limits
            )
            return tokens[:, 0]

        return search


def start_ensemble(model: Translator, source, max_length: int, beam_size: int):
    """What search needs of an ensemble: a state for each example, and the step.

    Args:
        model: a built `Translator`.
        source: `(B, S)` token ids.
        max_length: longest hypothesis.
        beam_size: hypotheses per example K.

    Returns:
        The state, a dict of tensors `(B, M, ...)` that the search moves about, and the step of
        the contract in `translation.decoding`. What all hypotheses of an example have in common
        stays with the step and is never moved.
    """
    members = model.ensemble_size
    cache = model.body.start(repeat_examples(source, members), max_length)
    moved, shared = {}, {}
    for name, tensor in cache.items():
        examples = split_members(tensor, members)  # (B, M, ...)
        if name.startswith("self_"):
            moved[name] = examples
        else:
            shared[name] = merge_members(repeat_examples(examples, beam_size))  # (B * K * M, ...)

    def step(tokens, position, state):
        cache = {name: merge_members(tensor) for name, tensor in state.items()}
        logits, cache = model.body.step(
            repeat_examples(tokens, members), position, {**cache, **shared}
        )
        state = {name: split_members(cache[name], members) for name in state}
        log_probs = ops.log_softmax(split_members(logits, members), axis=-1)  # (B * K, M, V)
        return mean_log_probs(log_probs, axis=1), state

    return moved, step


def mean_log_probs(member_log_probs, axis):
    """Average members' probabilities: `logsumexp` over the members, less `log M`.

    Args:
        member_log_probs: float tensor with the members on `axis`, such as `(N, M, V)`; each
            member's log-probabilities, minus infinity allowed.
        axis: int, the axis of the members, of static length M.

    Returns:
        The same tensor without `axis`: log-probabilities of the ensemble, such as `(N, V)`.

    Raises:
        ValueError: the length of `axis` is not known or is 0.
    """
    members = member_log_probs.shape[axis]
    if not members:
        raise ValueError(
            f"Expected at least one member on axis {axis}, of static length; received shape "
            f"{tuple(member_log_probs.shape)}."
        )
    return ops.logsumexp(member_log_probs, axis=axis) - math.log(members)

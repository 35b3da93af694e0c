"""Cleaning of training pairs by a few named rules, each with a count.

Takes pairs of lines, gives the pairs worth training on with white space normalised, and never
sees validation or test text: a score belongs to the untouched text.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from translation.text import Pair, normalise_space

RULES = ("empty", "too_many_words", "length_ratio", "identical", "duplicate")


def broken_rule(
    source: str, target: str, max_words: int = 250, max_ratio: float = 3.0, ratio_words: int = 10
) -> str | None:
    """Name the first rule that a pair breaks by itself.

    Args:
        source, target: the two sides, white space normalised.
        max_words: the most words that either side may have.
        max_ratio: how many times as many words one side may have as the other.
        ratio_words: the ratio is judged only where the longer side has more words than this,
            since short pairs ("Guten Tag" and "Hello") differ freely.

    Returns:
        A name from `RULES`, or None for a pair to keep.
    """
    shorter, longer = sorted((len(source.split()), len(target.split())))
    if shorter == 0:
        return "empty"
    if longer > max_words:
        return "too_many_words"
    if longer > ratio_words and longer > max_ratio * shorter:
        return "length_ratio"
    # An untranslated pair teaches a model to copy (Khayrallah and Koehn 2018).
    if source == target:
        return "identical"
    return None


class Cleaner:
    """Applies the rules in the order of `RULES` and counts what each removed.

    Args:
        max_words, max_ratio: as in `broken_rule`.
        keep_duplicates: keep a pair seen before, for corpora in which frequency means something.

    Attributes:
        read: pairs seen so far.
        removed: pairs removed so far, for each rule.
    """

    def __init__(self, max_words: int = 250, max_ratio: float = 3.0, keep_duplicates: bool = False):
        self.max_words = max_words
        self.max_ratio = max_ratio
        self.keep_duplicates = keep_duplicates
        self.read = 0
        self.removed = dict.fromkeys(RULES, 0)
        self._seen: set[bytes] = set()

    @property
    def kept(self) -> int:
        """Pairs that passed every rule so far."""
        return self.read - sum(self.removed.values())

    def clean(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Give the pairs that break no rule, white space normalised; streaming."""
        for source, target in pairs:
            self.read += 1
            source, target = normalise_space(source), normalise_space(target)
            rule = broken_rule(source, target, self.max_words, self.max_ratio)
            if rule is None and not self.keep_duplicates and self._is_repeated(source, target):
                rule = "duplicate"
            if rule is None:
                yield source, target
            else:
                self.removed[rule] += 1

    def _is_repeated(self, source: str, target: str) -> bool:
        """Say whether the pair came before; eight bytes a pair are kept, not the text."""
        digest = blake2b(f"{source}\n{target}".encode(), digest_size=8).digest()
        if digest in self._seen:
            return True
        self._seen.add(digest)
        return False

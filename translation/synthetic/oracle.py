"""The truth about a sentence: every translation the grammar has for it, and how probable."""

import math
from collections import defaultdict
from typing import NamedTuple

from translation.synthetic.choices import outcomes
from translation.synthetic.meaning import Sentence
from translation.synthetic.pairs import Pair


class Truth(NamedTuple):
    """All translations of one sentence with their probabilities, which sum to 1."""

    probabilities: dict[str, float]

    @property
    def best_translation(self) -> str:
        """The most probable translation; of equals the first in the order of the alphabet.

        It is what a perfect model finds by perfect search. Its BLEU is the reference point of
        the reports; another choice that gambles on shared n-grams could score a little more.
        """
        return min(self.probabilities, key=lambda text: (-self.probabilities[text], text))

    @property
    def entropy(self) -> float:
        """The entropy of the translation given the English sentence, in nats."""
        # Probabilities that sum to 1 but for rounding can leave a certain translation below 0.
        return max(0.0, -sum(p * math.log(p) for p in self.probabilities.values()))

    def log_probability(self, translation: str) -> float:
        """The log-probability of `translation` in nats; minus infinity for an impossible one."""
        probability = self.probabilities.get(translation, 0.0)
        return math.log(probability) if probability else -math.inf


def truth_of(sentence: Sentence, pair: Pair) -> Truth:
    """Follows every way in which `pair` can translate `sentence`.

    The English sentence determines `sentence`, or at least all that its translation depends on,
    so this is the distribution of the translation given the English text.
    """
    probabilities = defaultdict(float)
    for translation, probability in outcomes(lambda choose: pair.translate(sentence, choose)):
        probabilities[translation] += probability
    return Truth(dict(probabilities))

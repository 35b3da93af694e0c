"""A method of the experiments on text, and its training without checkpoints.

Takes a config, a number of members and how they see the examples; gives a trained `Translator`.
"""

import dataclasses
from collections.abc import Iterator
from itertools import islice

import numpy as np

from be_keras.backend import trains_faster_with_xla
from be_keras.convert import branch_off
from be_keras.training import stream
from be_tracks.errors import UserError
from translation.config import Config
from translation.data.batches import TokenBatches
from translation.data.token_shards import TokenCorpus
from translation.models.transformer import PAD
from translation.models.translator import Translator, build_translator


@dataclasses.dataclass(frozen=True)
class Method:
    """What is trained, and how.

    Attributes:
        config: Model and training.
        ensemble_size: Number of members M, or None for a single network.
        members: "shared" or "split", as in `be_keras.EnsembleModel`.
        branch: Share of the steps trained as one network before members start, in [0, 1).

    Raises:
        UserError: `branch` is out of its range, or `members` unknown.
    """

    config: Config
    ensemble_size: int | None = None
    members: str = "split"
    branch: float = 0.0

    def __post_init__(self):
        if self.members not in ("shared", "split") or not 0 <= self.branch < 1:
            raise UserError(
                "expected members shared or split, and branch in [0, 1); got "
                f"members={self.members!r}, branch={self.branch!r}."
            )

    def settings(self) -> dict:
        """All settings, as JSON values."""
        method = {"ensemble_size": self.ensemble_size, "members": self.members}
        return {**dataclasses.asdict(self.config), **method, "branch": self.branch}

    def members_from_the_start(self) -> bool:
        """Whether there are several members before the first step."""
        return (self.ensemble_size or 1) > 1 and not self.branch


class TextTraining:
    """One training of a method on one corpus.

    Args:
        method: What is trained.
        corpus: The training pairs.
        vocabulary_size: V.

    The order of the examples is drawn from NumPy's own random state, which
    `keras.utils.set_random_seed` sets with the one that draws the weights.
    """

    def __init__(self, method: Method, corpus: TokenCorpus, vocabulary_size: int):
        self.method, self.vocabulary_size = method, vocabulary_size
        config, split = method.config, method.members == "split"
        self.first = round(method.branch * config.steps)
        self.batches = TokenBatches(
            corpus,
            config.tokens_per_batch,
            config.buckets,
            multiple_of=(method.ensemble_size or 1) if split else 1,
            seed=np.random.randint(2**31),
            max_length=config.max_length,
        )

    def new_model(self) -> Translator:
        """A compiled model of the method, not trained."""
        return self._model(self.method.ensemble_size)

    def run(self) -> Translator:
        """Train all steps; the schedule goes on across the branching."""
        config = self.method.config
        model = self.new_model()
        if self.first:
            network = self._model(None)
            self._fit(network, 0, self.first)
            branch_off(network, model)
            model.optimizer.iterations.assign(self.first)
        self._fit(model, self.first, config.steps)
        return model

    def tokens(self, networks: int = 1) -> dict:
        """What training takes: target tokens that each network reads, and tokens of all members."""
        counts = [np.sum(y != PAD) for _, y in self._pairs(0, self.method.config.steps)]
        alone, together = int(sum(counts[: self.first])), int(sum(counts[self.first :]))
        rows = 1 if self.method.members == "split" else self.method.ensemble_size or 1
        return {
            "unique_tokens": alone + together,
            "row_tokens": networks * (alone + rows * together),
        }

    def _model(self, ensemble_size):
        config = self.method.config
        model = build_translator(config, self.vocabulary_size, ensemble_size, self.method.members)
        model.compile(config.make_optimizer(), jit_compile=trains_faster_with_xla())
        model.optimizer.build(model.trainable_variables)
        return model

    def _fit(self, model, start, stop):
        example = next(self._pairs(start, start + 1))
        model.fit(
            stream(self._pairs(start, stop), example),
            steps_per_epoch=stop - start,
            shuffle=False,
            verbose=0,
        )

    def _pairs(self, start: int, stop: int) -> Iterator[tuple[dict, np.ndarray]]:
        return islice(self.batches.pairs_from(start), stop - start)

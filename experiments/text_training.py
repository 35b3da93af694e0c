"""Trains one translator as the settings of an experiment say, without checkpoints."""

import dataclasses
from itertools import islice

import numpy as np

from be_keras.backend import trains_faster_with_xla
from be_keras.training import stream
from be_tracks.config import fast_initializer
from experiments.experiment import train_branched
from experiments.text_layers import VariedLayers
from translation.config import Config
from translation.data.batches import TokenBatches
from translation.data.token_shards import TokenCorpus
from translation.models.transformer import PAD
from translation.models.translator import Translator, build_translator


@dataclasses.dataclass(frozen=True)
class TextSettings(Config):
    """One trial's settings: those of the translation track, and what experiments alone vary.

    Attributes:
        ensemble_size: number of members M, or None for a single network.
        members: "shared" or "split", as in `be_keras.EnsembleModel`.
        branch: share of the steps trained as one network before members start, in [0, 1).
        outputs, biases: as in `VariedLayers`.
        networks: how many networks of these settings make the ensemble.
    """

    ensemble_size: int | None = None
    members: str = "split"
    branch: float = 0.0
    outputs: str = "members"
    biases: str = "members"
    networks: int = 1

    @property
    def one_at_first(self) -> bool:
        """Whether members begin as one network."""
        return bool(self.branch)


def new_model(settings: TextSettings, vocabulary_size: int) -> Translator:
    """A built and compiled model, not trained."""
    size, factory = settings.ensemble_size, None
    if size:
        factory = VariedLayers(
            size,
            fast_initializer(settings.fast_initializer),
            settings.precision,
            settings.fast_where,
            settings.norms,
            outputs=settings.outputs,
            biases=settings.biases,
        )
    model = build_translator(settings, vocabulary_size, size, settings.members, factory)
    model.compile(settings.make_optimizer(), jit_compile=trains_faster_with_xla())
    model.optimizer.build(model.trainable_variables)
    return model


def make_batches(settings: TextSettings, corpus: TokenCorpus) -> TokenBatches:
    """The training batches, in an order drawn from NumPy's own random state.

    `keras.utils.set_random_seed` sets it with the one that draws the weights.
    """
    return TokenBatches(
        corpus,
        settings.tokens_per_batch,
        settings.buckets,
        multiple_of=(settings.ensemble_size or 1) if settings.members == "split" else 1,
        seed=np.random.randint(2**31),
        max_length=settings.max_length,
    )


def train_translator(
    settings: TextSettings, corpus: TokenCorpus, vocabulary_size: int
) -> Translator:
    """Train one translator, from the start or branched off one network."""
    batches = make_batches(settings, corpus)

    def fit(model, start, stop):
        pairs = islice(batches.pairs_from(start), stop - start)
        example = next(batches.pairs_from(start))
        model.fit(stream(pairs, example), steps_per_epoch=stop - start, shuffle=False, verbose=0)

    return train_branched(settings, lambda changed: new_model(changed, vocabulary_size), fit)


def tokens(settings: TextSettings, corpus: TokenCorpus) -> dict:
    """What training takes: target tokens, times the members that see each."""
    pairs = islice(make_batches(settings, corpus).pairs_from(0), settings.steps)
    counts = [int(np.sum(y != PAD)) for _, y in pairs]
    first = round(settings.branch * settings.steps)
    members = 1 if settings.members == "split" else settings.ensemble_size or 1
    total = sum(counts[:first]) + members * sum(counts[first:])
    return {"member_tokens": settings.networks * total}

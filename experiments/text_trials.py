"""The trials of the experiments on text: settings to scores of single target tokens."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from keras import ops

from be_keras import metrics
from be_keras.backend import compiled
from be_tracks.errors import UserError
from experiments.experiment import Experiment
from experiments.text_training import TextSettings, new_model, tokens, train_translator
from translation.config import PRESETS
from translation.data.batches import evaluation_batches
from translation.data.card import read_card
from translation.data.token_shards import TokenCorpus
from translation.models.transformer import PAD

# Whole sentences are drawn until they hold this many target tokens: their distributions over the
# vocabulary, of all members, have to fit in memory.
TOKENS = 3_000
BATCH_TOKENS = 1_024


@dataclasses.dataclass(frozen=True)
class TextTask:
    """What the trials of a task have in common.

    Attributes:
        data: Folder made by `prepare`, with the splits train and test.
        ood: Folders with out-of-distribution text as the split test, of the same vocabulary, by
            name.
        preset: Name of the config that trials start from.
        defaults: Settings that hold where a trial says nothing.
    """

    data: Path
    ood: Mapping[str, Path]
    preset: str
    defaults: Mapping


class TextExperiment(Experiment):
    """Trains and scores trials on text.

    All have reference networks of the task's defaults: wide ones would take too long.

    Args:
        task: The text and the defaults.
        work: As in `Experiment`.
    """

    orders = 2

    def __init__(self, task: TextTask, work: str | Path):
        vocabulary = read_card(task.data)["vocabulary"]
        self.vocabulary_size = vocabulary["size"]
        self.corpus = TokenCorpus(task.data, "train")
        defaults = {**dataclasses.asdict(PRESETS[task.preset]), **task.defaults}

        def settings(**changes):
            return TextSettings(**{**defaults, **changes})

        super().__init__(
            work,
            settings,
            (),
            {"vocabulary": vocabulary["sha256"][:12], "train_pairs": len(self.corpus)},
            TokenCorpus(task.data, "test"),
            {name: TokenCorpus(path, "test") for name, path in task.ood.items()},
        )

    def new_model(self, settings):
        return new_model(settings, self.vocabulary_size)

    def train(self, settings):
        return train_translator(settings, self.corpus, self.vocabulary_size)

    def cost(self, settings):
        return tokens(settings, self.corpus)

    def gradient_cosines(self, model):
        batch = next(evaluation_batches(self.test, BATCH_TOKENS, buckets=1))
        inputs = {name: batch[name] for name in ("source", "target_in")}
        return metrics.member_gradient_cosines(model, inputs, batch["target_out"], mean_token_loss)

    def logits_of(self, models, settings, seed):
        def logits_of(corpus):
            logits, labels, sentences = zip(*(token_logits(m, corpus) for m in models), strict=True)
            return np.concatenate(logits, axis=1), labels[0], sentences[0]

        return logits_of

    def predictions(self, logits_of, examples, ood=False):
        return TokenPredictions(*logits_of(examples))


class TokenPredictions:
    """Records `columns` of N tokens, the mean's `log_probs (N, V)`, and `labels (N,)`.

    Args:
        logits: `(N, M, V)`.
        labels: `(N,)`.
        sentences: That each token is of, `(N,)`.

    Raises:
        UserError: A logit is not finite.
    """

    def __init__(self, logits: np.ndarray, labels: np.ndarray, sentences: np.ndarray):
        if not np.all(np.isfinite(logits)):
            raise UserError("expected finite logits, got others: training diverged.")
        records = metrics.Records()
        for start in range(0, len(labels), BATCH_TOKENS):  # all members' distributions at once
            part = slice(start, start + BATCH_TOKENS)
            scored = metrics.ensemble_records(logits[part], labels[part], outputs="logits")
            records.append(scored, group=sentences[part])
        self.columns, self.labels = records.columns(), labels
        self.log_probs = metrics.mean_log_probs(logits)


def mean_token_loss(labels, logits):
    """Cross-entropy of logits `(B, T, V)` and labels `(B, T)`, a mean over the real tokens."""
    losses = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    real = ops.cast(ops.not_equal(labels, PAD), losses.dtype)
    return ops.sum(losses * real) / ops.sum(real)


def token_logits(model, corpus) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Teacher-forced logits of about `TOKENS` target tokens, those of the same sentences always.

    Args:
        model: A built `Translator`.
        corpus: The text; all of it where it is short.

    Returns:
        Logits `(N, M, V)`, labels `(N,)` and the sentence of each token `(N,)`.
    """

    def forward(source, target_in):
        return model({"source": source, "target_in": target_in}, training=False)

    forward = compiled(model, forward)
    logits, labels, sentences = [], [], []
    for batch in evaluation_batches(_Drawn(corpus), BATCH_TOKENS):
        keep = batch["target_out"] != PAD
        outputs = forward(*(ops.convert_to_tensor(batch[name]) for name in ("source", "target_in")))
        outputs = np.moveaxis(ops.convert_to_numpy(outputs), 1, 2)  # (B, T, M, V)
        logits.append(outputs[keep])
        labels.append(batch["target_out"][keep])
        sentences.append(np.broadcast_to(batch["index"][:, None], keep.shape)[keep])
    return np.concatenate(logits), np.concatenate(labels), np.concatenate(sentences)


class _Drawn:
    """Whole sentences of a `TokenCorpus` with about `TOKENS` target tokens, always the same."""

    def __init__(self, corpus):
        tokens = np.asarray(corpus.lengths())[:, 1] + 1  # the end mark counts
        order = np.random.default_rng(0).permutation(len(tokens))
        count = int(np.searchsorted(np.cumsum(tokens[order]), TOKENS)) + 1
        self._corpus, self._drawn = corpus, order[:count]

    def __len__(self):
        return len(self._drawn)

    def lengths(self):
        return np.asarray(self._corpus.lengths())[self._drawn]

    def pair(self, index):
        return self._corpus.pair(self._drawn[index])

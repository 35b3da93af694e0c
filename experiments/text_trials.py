"""The cells of the experiments on text: settings to scores of single target tokens.

Takes a task (a prepared data folder, others of foreign text) and a working folder for the networks
of the reference curve and of the deep ensembles.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import keras
import numpy as np
from keras import ops

from be_keras import metrics
from be_keras.backend import compiled
from be_keras.ensembles import DeepEnsemble
from be_tracks.atomic import cached
from experiments import Cell
from experiments.text_training import Method, TextTraining
from translation.config import PRESETS
from translation.data.batches import evaluation_batches
from translation.data.card import read_card
from translation.data.token_shards import TokenCorpus
from translation.models.transformer import PAD

REFERENCE_NETWORKS = 8
REFERENCE_SEED = 10_000  # far from every cell's, so that no network is compared with itself
# Whole sentences are drawn until they hold this many target tokens: their distributions over the
# vocabulary, of all members, have to fit in memory.
TOKENS = 3_000
BATCH_TOKENS = 1_024
# What a cell may set beyond config and method: how many networks of its settings it combines.
NETWORKS = "networks"


@dataclasses.dataclass(frozen=True)
class TextTask:
    """What a grid's cells have in common.

    Attributes:
        data: Folder made by `prepare`, with the splits train and test.
        outside: Folders with foreign text as the split test, of the same vocabulary, by name.
        preset: Name of the config that cells start from.
        defaults: Settings that hold where a cell says nothing.
    """

    data: Path
    outside: Mapping[str, Path]
    preset: str
    defaults: Mapping


class TextCells:
    """Trains and scores cells; an instance is the `train` of `experiments.run_cells`.

    Args:
        task: The text and the defaults.
        work: Folder for networks and reference curves; made if missing.
    """

    def __init__(self, task: TextTask, work: str | Path):
        self.task, self.work = task, Path(work)
        self._card = read_card(task.data)
        self._train = TokenCorpus(task.data, "train")
        self._test = TokenCorpus(task.data, "test")
        self._outside = {name: TokenCorpus(path, "test") for name, path in task.outside.items()}

    def __call__(self, cell: Cell) -> dict:
        """The result of one cell: its cost, `scores`, and how its members differ."""
        method, networks = self._method_of(cell)
        curve = self.reference_curve()
        keras.utils.set_random_seed(cell.seed)
        training = self._training(method)
        cosine = {}
        if networks == 1:
            if method.members_from_the_start():
                cosine["begin"] = self._gradient_cosine(training.new_model())
                keras.utils.set_random_seed(cell.seed)
            model = training.run()
            logits_of = partial(token_logits, model)
            parameters = model.count_params()
            if model.ensemble_size > 1:
                cosine["end"] = self._gradient_cosine(model)
        else:
            ensemble = self._deep_ensemble(method, networks, first_seed=100 * (cell.seed + 1))
            logits_of = partial(_logits_of_networks, ensemble)
            parameters = networks * training.new_model().count_params()
        return {
            "all_settings": self.all_settings(cell),
            "parameters": parameters,
            "steps": method.config.steps,
            **training.tokens(networks),
            "gradient_cosine": cosine,
            **self._score(logits_of, curve),
        }

    def all_settings(self, cell: Cell) -> dict:
        """All that a cell is run with, defaults and the text too."""
        method, networks = self._method_of(cell)
        return {**method.settings(), NETWORKS: networks, **self._text()}

    def _text(self):
        """What tells other text, or other pieces of it, apart."""
        vocabulary = self._card["vocabulary"]["sha256"][:12]
        return {"vocabulary": vocabulary, "train_pairs": len(self._train)}

    def _method_of(self, cell):
        """The method of each network, and how many there are."""
        changes = dict(cell.settings)
        networks = changes.pop(NETWORKS, 1)
        return self.method(**changes), networks

    def method(self, ensemble_size=None, members="split", branch=0.0, **config) -> Method:
        """The method that a cell's settings describe, on top of the task's defaults."""
        config = dataclasses.replace(PRESETS[self.task.preset], **{**self.task.defaults, **config})
        return Method(config, ensemble_size, members, branch)

    def reference_curve(self) -> np.ndarray:
        """Calibrated log-likelihoods `(K, N)` of deep ensembles of 1 to 8 networks on test tokens.

        The networks have the task's defaults, whatever the width of a row: wide ones take too
        long. They are trained when they are first asked for.
        """
        method = self.method()

        def curve():
            ensemble = self._deep_ensemble(method, REFERENCE_NETWORKS, REFERENCE_SEED)
            logits, labels, _ = _logits_of_networks(ensemble, self._test)
            log_probs = [metrics.mean_log_probs(logits[:, [k]]) for k in range(logits.shape[1])]
            return metrics.reference_curve(log_probs, labels, orders=2, minimum=REFERENCE_NETWORKS)

        return cached(self.work / f"curve-{self._digest(method)}.npz", curve)

    def _training(self, method):
        return TextTraining(method, self._train, self._card["vocabulary"]["size"])

    def _deep_ensemble(self, method, networks, first_seed):
        folder = self.work / f"networks-{self._digest(method)}"
        ensemble = DeepEnsemble(lambda: self._training(method).run(), networks, first_seed, folder)
        ensemble.train()
        return ensemble

    def _digest(self, method):
        found = {**method.settings(), **self._text()}
        return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:12]

    def _gradient_cosine(self, model):
        """Mean |cosine| between the gradients of different members on the shared weights."""
        batch = next(evaluation_batches(self._test, BATCH_TOKENS, buckets=1))
        inputs = {name: batch[name] for name in ("source", "target_in")}
        found = metrics.member_gradient_cosines(model, inputs, batch["target_out"], mean_token_loss)
        return float(np.mean(np.abs(found[~np.eye(len(found), dtype=bool)])))

    def _score(self, logits_of, curve):
        logits, labels, sentences = logits_of(self._test)  # (N, M, V)
        if not np.all(np.isfinite(logits)):
            return {"diverged": True}
        columns = _columns(logits, labels, sentences)
        log_likelihood = metrics.calibrated_log_likelihood(metrics.mean_log_probs(logits), labels)
        inside = metrics.uncertainties(columns)
        divergence = metrics.divergence_by_confidence(columns)
        detection = {}
        for name, corpus in self._outside.items():
            outside = metrics.uncertainties(_columns(*logits_of(corpus)))
            detection[name] = {
                score: metrics.ood_scores(inside[score], outside[score]) for score in inside
            }
        return {
            "scores": {
                **metrics.scores(columns),
                "calibrated_nll": float(-np.mean(log_likelihood)),
                **metrics.equivalent_with_interval(log_likelihood, curve, group=sentences),
            },
            "members": {
                key: [float(value) for value in values]
                for key, values in metrics.member_scores(logits, labels).items()
            },
            "divergence": {
                key: [float(value) for value in divergence[key]]
                for key in ("confidence", "pairwise_kl", "count")
            },
            "out_of_distribution": detection,
            "reference": [float(value) for value in -np.mean(curve, axis=1)],
        }


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


def _logits_of_networks(ensemble, corpus):
    """As `token_logits`, of all networks of a `DeepEnsemble`."""
    found = [token_logits(ensemble.network(seed), corpus) for seed in ensemble.seeds]
    return np.concatenate([logits for logits, _, _ in found], axis=1), *found[0][1:]


def _columns(logits, labels, sentences):
    records = metrics.Records()
    for start in range(0, len(labels), BATCH_TOKENS):  # all members' distributions at once
        part = slice(start, start + BATCH_TOKENS)
        batch = metrics.ensemble_records(logits[part], labels[part], outputs="logits")
        records.append(batch, group=sentences[part])
    return records.columns()

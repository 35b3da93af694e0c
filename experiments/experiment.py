"""What experiments on images and on text have in common: from a trial to its result."""

import dataclasses
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np

from be_keras import metrics
from be_keras.convert import branch_off
from be_keras.ensembles import DeepEnsemble
from be_tracks.atomic import cached
from be_tracks.errors import UserError
from experiments.trial import Trial

REFERENCE_NETWORKS = 8
REFERENCE_SEED = 10_000  # far from every trial's, so that no network is compared with itself


class Experiment(ABC):
    """Trains and scores the trials of a task; an instance is the `train` of `run_trials`.

    Settings are a dataclass with `ensemble_size`, `networks`, how many make an ensemble, and
    `one_at_first`, whether members begin as one network.

    Args:
        work: Folder for networks and reference curves; made if missing.
        settings: From what a trial changes to its settings.
        kept: Settings that reference networks share with a trial; the others are the task's.
        data: JSON values that tell other data apart.
        test: Examples to score.
        ood: Out-of-distribution examples by name.
    """

    orders = 5  # of reference networks that the curve is a mean of

    def __init__(
        self,
        work: str | Path,
        settings: Callable,
        kept: tuple[str, ...],
        data: Mapping,
        test,
        ood: Mapping,
    ):
        self.work, self.settings, self.kept = Path(work), settings, kept
        self.data, self.test, self.ood = data, test, ood

    @abstractmethod
    def new_model(self, settings):
        """A compiled model, not trained."""

    @abstractmethod
    def train(self, settings):
        """A trained model."""

    @abstractmethod
    def cost(self, settings) -> dict:
        """What training takes."""

    @abstractmethod
    def gradient_cosines(self, model) -> np.ndarray:
        """Cosines `(M, M)` between the gradients of members on the shared weights."""

    @abstractmethod
    def logits_of(self, models, settings, seed):
        """A function from examples to the logits of all models' members."""

    @abstractmethod
    def predictions(self, logits_of, examples, ood=False):
        """An object with the records `columns`, and `log_probs (N, C)` and `labels (N,)`.

        Raises:
            UserError: A logit is not finite.
        """

    def more_scores(self, logits_of) -> dict:
        """Further parts of a result; UserError where a logit is not finite."""
        return {}

    def settings_of(self, trial: Trial) -> dict:
        """All that a trial is run with, defaults and what tells other data apart too."""
        return {**dataclasses.asdict(self.settings(**trial.settings)), **self.data}

    def __call__(self, trial: Trial) -> dict:
        """The result of one trial: its cost, `scores`, and how its members differ."""
        settings = self.settings(**trial.settings)
        curve = self.reference_curve(settings)

        def seeded(function, *args):
            """Neither the reference nor what came before may change what follows."""
            keras.utils.set_random_seed(trial.seed)
            return function(*args)

        cosine = {}
        if settings.networks > 1:
            models = self._deep_ensemble(settings, settings.networks, 100 * (trial.seed + 1))
        else:
            several = (settings.ensemble_size or 1) > 1
            if several and not settings.one_at_first:
                cosine["begin"] = self._cosine(seeded(self.new_model, settings))
            models = [seeded(self.train, settings)]
            if several:
                cosine["end"] = self._cosine(models[0])
        return {
            "parameters": sum(model.count_params() for model in models),
            **seeded(self.cost, settings),
            "gradient_cosine": cosine,
            **self._score(self.logits_of(models, settings, trial.seed), curve),
        }

    def reference_curve(self, settings) -> np.ndarray:
        """Calibrated log-likelihoods `(K, N)` of deep ensembles of 1 to 8 networks on the test set.

        The networks have the task's defaults but for what they keep of the settings. They are
        trained when they are first asked for.
        """
        reference = self.settings(**{key: getattr(settings, key) for key in self.kept})

        def curve():
            networks = self._deep_ensemble(reference, REFERENCE_NETWORKS, REFERENCE_SEED)
            found = [
                self.predictions(self.logits_of([network], reference, 0), self.test)
                for network in networks
            ]
            return metrics.reference_curve(
                [each.log_probs for each in found],
                found[0].labels,
                orders=self.orders,
                minimum=REFERENCE_NETWORKS,
            )

        return cached(self.work / f"curve-{self._digest(reference)}.npz", curve)

    def _deep_ensemble(self, settings, networks, first_seed):
        """Trained networks; those of the same settings are kept."""
        settings = dataclasses.replace(settings, networks=1)
        folder = self.work / f"networks-{self._digest(settings)}"
        ensemble = DeepEnsemble(lambda: self.train(settings), networks, first_seed, folder)
        ensemble.train()
        return [ensemble.network(seed) for seed in ensemble.seeds]

    def _digest(self, settings):
        text = json.dumps({**dataclasses.asdict(settings), **self.data}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _cosine(self, model):
        """Mean |cosine| between the gradients of different members."""
        cosines = self.gradient_cosines(model)
        return float(np.mean(np.abs(cosines[~np.eye(len(cosines), dtype=bool)])))

    def _score(self, logits_of, curve):
        try:
            test = self.predictions(logits_of, self.test)
            ood = {
                name: metrics.uncertainties(self.predictions(logits_of, each, ood=True).columns)
                for name, each in self.ood.items()
            }
            more = self.more_scores(logits_of)
        except UserError:
            return {"diverged": True}
        columns, known = test.columns, metrics.uncertainties(test.columns)
        log_likelihood = metrics.calibrated_log_likelihood(test.log_probs, test.labels)
        return {
            "scores": {
                **metrics.scores(columns),
                "calibrated_nll": float(-np.mean(log_likelihood)),
                **metrics.equivalent_with_interval(
                    log_likelihood, curve, group=columns.get("group")
                ),
            },
            "out_of_distribution": {
                name: {key: metrics.ood_scores(known[key], values[key]) for key in known}
                for name, values in ood.items()
            },
            "reference": [float(value) for value in -np.mean(curve, axis=1)],
            **more,
        }


def train_branched(settings, new_model: Callable, fit: Callable) -> keras.Model:
    """Train `settings.steps` updates, the first `settings.branch` of them as one network.

    The schedule goes on across the branching; the optimizer's other state stays behind.

    Args:
        settings: With `ensemble_size`.
        new_model: From settings to a compiled model.
        fit: Trains a model from one step to another.
    """
    model = new_model(settings)
    first = round(settings.branch * settings.steps)
    if first:
        network = new_model(dataclasses.replace(settings, ensemble_size=None))
        fit(network, 0, first)
        branch_off(network, model)
        model.optimizer.build(model.trainable_variables)
        model.optimizer.iterations.assign(first)
    fit(model, first, settings.steps)
    return model

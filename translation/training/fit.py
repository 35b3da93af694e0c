"""Training of translators: a prepared data folder and a config to a run."""

import dataclasses
import hashlib
import sys
from itertools import islice
from pathlib import Path

import keras
import numpy as np

from be_keras.backend import trains_faster_with_xla
from be_keras.metrics import scores
from be_keras.training import broadcast_from_chief, is_chief, stream
from be_tracks.devices import check_same_settings
from be_tracks.runs.loop import TrainingLoop
from be_tracks.runs.progress import Progress
from be_tracks.runs.version import version
from translation.config import Config
from translation.data.batches import TokenBatches, evaluation_batches
from translation.data.card import check_files, read_card
from translation.data.token_shards import TokenCorpus
from translation.evaluation.token_scores import Scorer, tokens_that_fit
from translation.models.transformer import PAD
from translation.models.translator import Translator, build_translator, for_inference
from translation.training.loading import load_model
from translation.training.run_directory import RunDirectory
from translation.training.validation_bleu import ValidationBleu


def train(
    data: str | Path,
    out: str | Path,
    config: Config,
    ensemble_size: int | None = None,
    members: str = "shared",
    strategy=None,
    microbatches: int = 1,
) -> dict:
    """Train until `config.steps` or `config.patience` ends it, from the last checkpoint if any.

    Args:
        data: a folder made by `prepare`.
        out: the run's directory.
        config: model and training.
        ensemble_size: number of members M, or None for a single network.
        members: "shared": each step shows its unique examples to every member; "split": a step
            deals its examples out to the members, at the cost of a single network's step.
        strategy: what `be_keras.training.strategy` gave, or None for one device. Batches are the
            same under any: `tokens_per_batch` are those of all replicas together. Every worker
            validates; the chief alone reads and writes `out`.
        microbatches: micro-batches of a replica's part of each batch.

    Returns:
        The validation scores of the model to use: the average, or the best checkpoint.

    Raises:
        UserError: bad data or directory, another run in it, workers that do not agree, a loss that
            is not finite.
    """
    card = read_card(data)
    check_files(data, card)
    batches = TokenBatches(
        TokenCorpus(data, "train"),
        config.tokens_per_batch,
        config.buckets,
        multiple_of=ensemble_size if ensemble_size and members == "split" else 1,
        seed=config.seed,
        max_length=config.max_length,
    )
    run = RunDirectory(out, Path(data) / "vocabulary.model")
    replicas = 1 if strategy is None else strategy.num_replicas_in_sync
    settings = {
        **_settings(config, ensemble_size, members, card),
        "devices": {"replicas": replicas, "microbatches": microbatches},
    }
    check_same_settings(strategy, {part: settings[part] for part in (*run.PARTS, "devices")})
    shape = card["vocabulary"]["size"], ensemble_size, members
    with run.under_way(settings, is_chief(strategy)):
        loop = _Training(run, data, batches, config, shape, strategy, microbatches)
        model = loop.model
        if loop.writes:
            _say(
                f"{model.count_params():,} parameters, M = {model.ensemble_size} ({members}),"
                f" {batches.plan.steps} steps an epoch, padding {batches.padding:.1%}"
            )
        with Progress(config.steps, "tokens", loop.remedy) as progress:
            loop.train(progress)
        return loop.finish() if loop.writes else loop.validate()


class _Training(TrainingLoop):
    """The training of a run's only network."""

    remedy = (
        "a lower --set learning_rate=..., a longer --set warmup=..., or --set precision=float32"
    )
    load = staticmethod(load_model)

    def __init__(self, run, data, batches, config, shape, strategy, microbatches):
        self.config, self.shape, self.data = config, shape, batches
        super().__init__(
            run, config.seed, config.steps, config.checkpoint_every, strategy, microbatches
        )
        self.valid, self.scorer = TokenCorpus(data, "valid"), Scorer(self.model)
        self.bleu = config.bleu_sentences and ValidationBleu(data, config.bleu_sentences)
        self.example = next(batches.pairs_from(0))
        if self.writes:
            run.drop_recent_after(self.step)

    def make(self) -> Translator:
        model = build_translator(self.config, *self.shape)
        model.compile(self.config.make_optimizer(), jit_compile=trains_faster_with_xla())
        return model

    def batches(self, count, progress):
        self.tokens = 0

        def counted():
            for inputs, labels in islice(self.data.pairs_from(self.step), count):
                tokens = int((labels != PAD).sum())
                self.tokens += tokens
                progress.units += tokens
                yield inputs, labels

        return stream(counted(), self.example)

    def validate(self):
        """Score the validation split; raises UserError where a probability is not finite."""
        batches = evaluation_batches(self.valid, tokens_that_fit(self.model))
        columns = self.scorer.records(batches).columns()
        self.check_finite(float(np.mean(columns["log_likelihood"])))
        bleu = {"bleu": self.bleu.score(self.model)} if self.bleu else {}
        return {**scores(columns), **bleu}

    def measures(self):
        return {
            "learning_rate": float(self.model.optimizer.learning_rate),
            "tokens": self.tokens,
        }

    def is_over(self):
        """Whether BLEU has not risen for as long as `patience` says; the chief's log decides."""
        if not self.config.patience:
            return False
        bleu = [entry["bleu"] for entry in self.log]
        waited = len(bleu) - 1 - int(np.argmax(bleu)) if bleu else 0
        (over,) = broadcast_from_chief(self.strategy, [int(waited >= self.config.patience)])
        if over and self.writes:
            _say(f"no higher BLEU for {waited} validations: training ends at step {self.step}")
        return bool(over)

    def save_checkpoint(self):
        self.run.save_recent(self.model, self.step, self.config.average)
        super().save_checkpoint()

    def for_inference(self):
        return for_inference(self.model)

    def finish(self) -> dict:
        """Average the last weights, and write the result if it is as good as the best so far."""
        best = self.best
        if best is None:  # the log was damaged, and says nothing of that file
            self.model.set_weights(load_model(self.run.best()).get_weights())
            best = self.validate()
        self.model.set_weights(self.run.recent_mean())
        average = self.validate()
        chosen, path = best, self.run.best()
        self.run.average.unlink(missing_ok=True)  # of an earlier end, which repeats
        if average["nll"] <= best["nll"]:
            chosen, path = average, self.run.average
            self.run.save(self.for_inference(), path)
        _say(
            f"validation NLL: average of the last {self.config.average} checkpoints "
            f"{average['nll']:.4f}, best single one {best['nll']:.4f}; use {path}"
        )
        return chosen


def _settings(config: Config, ensemble_size: int | None, members: str, card: dict) -> dict:
    """What `run.json` keeps: all that decides the run, and what made it."""
    return {
        "config": dataclasses.asdict(config),
        "method": {"ensemble_size": ensemble_size, "members": members if ensemble_size else None},
        "data": {
            "source_language": card["source_language"],
            "target_language": card["target_language"],
            "vocabulary_size": card["vocabulary"]["size"],
            "vocabulary_sha256": card["vocabulary"]["sha256"],
            "train_pairs": card["splits"]["train"]["pairs"],
            "train_sha256": _sha256(card, "train"),
            "valid_sha256": _sha256(card, "valid"),
        },
        "version": version(),
        "backend": keras.backend.backend(),
    }


def _sha256(card: dict, split: str) -> str:
    """One hash of all files of a split, text and ids, out of those that the card has of each."""
    outputs = sorted(card["outputs"].items())
    lines = [f"{digest}  {name}\n" for name, digest in outputs if name.startswith(split)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)

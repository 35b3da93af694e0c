"""The subcommand `train`: a prepared data folder to a trained translator.

Takes a data folder and a config; gives the run's folder that
`translation.training.run_directory` describes. The same command again resumes from the last
validation and sees the batches that were left.
"""

import argparse
import dataclasses
import hashlib
import sys
import time
from itertools import islice
from pathlib import Path

import keras
import numpy as np

from be_keras.backend import trains_faster_with_xla
from be_keras.metrics import scores
from be_keras.training import broadcast_from_chief, is_chief, reseed, restore_in_scope, stream
from be_tracks.devices import (
    add_device_arguments,
    check_same_settings,
    restart_on_worker_loss,
    strategy_of,
)
from be_tracks.errors import UserError
from be_tracks.runs.version import version
from translation.config import PRESETS, Config, make_config
from translation.data.batches import TokenBatches, evaluation_batches
from translation.data.card import check_files, read_card
from translation.data.token_shards import TokenCorpus
from translation.evaluation.token_scores import Scorer, tokens_that_fit
from translation.models.build_model import build_translator
from translation.models.translator import Translator, for_inference
from translation.training.loading import load_model
from translation.training.progress import Progress, check_finite
from translation.training.run_directory import RunFolder
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
        out: the run's folder.
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
        UserError: bad data or folder, another run in it, workers that do not agree, a loss that
            is not finite.
    """
    keras.utils.set_random_seed(config.seed)
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
    run = RunFolder(out, Path(data) / "vocabulary.model")
    replicas = 1 if strategy is None else strategy.num_replicas_in_sync
    settings = {
        **_settings(config, ensemble_size, members, card),
        "devices": {"replicas": replicas, "microbatches": microbatches},
    }
    check_same_settings(strategy, {part: settings[part] for part in (*run.PARTS, "devices")})
    writes, restored = is_chief(strategy), None
    if writes:
        run.start(settings)
        restored, _ = run.states.restore(load_model)

    def make():
        model = build_translator(config, card["vocabulary"]["size"], ensemble_size, members)
        model.compile(config.make_optimizer(), jit_compile=trains_faster_with_xla())
        return model

    model = restore_in_scope(strategy, restored, make)
    model.microbatches = (
        microbatches  # of the machine and not of the run, which may move to another
    )
    if writes:
        _say(
            f"{model.count_params():,} parameters, M = {model.ensemble_size} ({members}), "
            f"{batches.plan.steps} steps an epoch, padding {batches.padding:.1%}"
        )
    return _Training(run, model, batches, config, data, strategy).run_all()


class _Training:
    """One run under way: intervals of `fit`, each ended by a validation and a checkpoint."""

    def __init__(
        self,
        run: RunFolder,
        model: Translator,
        batches: TokenBatches,
        config: Config,
        data: str | Path,
        strategy,
    ):
        self.run, self.model, self.batches, self.config = run, model, batches, config
        self.valid, self.scorer = TokenCorpus(data, "valid"), Scorer(model)
        self.bleu = config.bleu_sentences and ValidationBleu(data, config.bleu_sentences)
        self.strategy, self.writes = strategy, is_chief(strategy)
        self.example = next(batches.pairs_from(0))
        self.step = int(model.optimizer.iterations.numpy())
        # A run that was stopped between its log and its checkpoint repeats what the log has.
        log = run.log() if self.writes else []
        self.log = [entry for entry in log if entry["step"] <= self.step]
        # best.keras may be of a validation that is repeated now, and that may end otherwise on
        # other devices: then it is none of this log, and the next validation writes it anew.
        lost = any(entry["best"] for entry in log[len(self.log) :])
        kept = [] if lost else [entry for entry in self.log if entry["best"]]
        self.best = kept[-1] if kept else None
        if self.writes:
            run.drop_recent_after(self.step)

    def run_all(self) -> dict:
        """Train what is left, and average; gives the scores that `train` gives."""
        if self.step and self.writes:
            _say(f"resuming {self.run.path} at step {self.step} of {self.config.steps}")
        with Progress(self.step, self.config.steps) as progress:
            while self.step < self.config.steps and not self._is_over():
                count = min(self.config.checkpoint_every, self.config.steps - self.step)
                began = time.perf_counter()
                loss = self._fit(count, progress)
                self._checkpoint(loss, time.perf_counter() - began, progress)
        return self._finish() if self.writes else self._validate()

    def _is_over(self) -> bool:
        """Whether BLEU has not risen for as long as `patience` says; the chief's log decides."""
        if not self.config.patience:
            return False
        found = [entry["bleu"] for entry in self.log]
        waited = len(found) - 1 - int(np.argmax(found)) if found else 0
        (over,) = broadcast_from_chief(self.strategy, [int(waited >= self.config.patience)])
        if over and self.writes:
            _say(f"no higher BLEU for {waited} validations: training ends at step {self.step}")
        return bool(over)

    def _fit(self, count: int, progress: Progress) -> float:
        """Take `count` steps; gives their mean training loss."""
        reseed(self.model, self.config.seed, self.step)
        batches = progress.counting(islice(self.batches.pairs_from(self.step), count))
        history = self.model.fit(
            stream(batches, self.example),
            steps_per_epoch=count,
            verbose=0,
            callbacks=[progress],
            shuffle=False,
        )
        self.step += count
        return history.history["loss"][-1]

    def _checkpoint(self, loss: float, seconds: float, progress: Progress) -> None:
        """Validate, log, and save; the last file written is the one that resuming starts from."""
        check_finite(loss, self.step)
        entry = {
            **self._validate(),
            "loss": loss,
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": seconds,
            "tokens": progress.take_tokens(),
        }
        if not self.writes:
            return
        entry["best"] = self.best is None or entry["nll"] < self.best["nll"]
        self.log.append(entry)
        # The log goes before best.keras: it tells a run that is resumed what that file may be of.
        self.run.write_log(self.log)
        self.run.save_recent(self.model, self.step, self.config.average)
        if entry["best"]:
            self.best = entry
            self.run.save(for_inference(self.model), self.run.best)
        self.run.states.save(self.model, self.step)
        progress.write(
            f"step {self.step}: loss {loss:.3f}, validation NLL {entry['nll']:.4f} (members "
            f"{entry['member_nll']:.4f}), accuracy {entry['accuracy']:.3f}, disagreement "
            f"{entry['disagreement']:.3f}" + (f", BLEU {entry['bleu']:.2f}" if self.bleu else "")
        )

    def _validate(self) -> dict:
        """Score the validation split; raises UserError where a probability is not finite."""
        batches = evaluation_batches(self.valid, tokens_that_fit(self.model))
        columns = self.scorer.records(batches).columns()
        check_finite(float(np.mean(columns["log_likelihood"])), self.step)
        bleu = {"bleu": self.bleu.score(self.model)} if self.bleu else {}
        return {"step": self.step, **scores(columns), **bleu}

    def _finish(self) -> dict:
        """Average the last weights, and write the result if it is as good as the best so far."""
        self.model.set_weights(self.run.recent_mean())
        average = self._validate()
        best = self.best or average  # of a log that was damaged nothing is left
        chosen, path = best, self.run.best
        self.run.average.unlink(missing_ok=True)  # of an earlier end, which repeats
        if average["nll"] <= best["nll"]:
            chosen, path = average, self.run.average
            self.run.save(for_inference(self.model), path)
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `train`."""
    parser.add_argument("--data", required=True, metavar="DIR", help="folder made by prepare")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the run")
    parser.add_argument("--config", default="base", choices=PRESETS, help="default: base")
    parser.add_argument(
        "--ensemble-size",
        type=int,
        metavar="M",
        help="BatchEnsemble of M members (default: one network)",
    )
    parser.add_argument(
        "--members",
        choices=("shared", "split"),
        default="shared",
        help="show every example to every member, or deal the examples out (default: shared)",
    )
    add_device_arguments(parser)
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="set config fields",
    )


def run(args: argparse.Namespace) -> None:
    """Carry out `train` with parsed options, and print the validation scores of the result."""
    if args.ensemble_size is not None and not 1 <= args.ensemble_size <= 1_000:
        raise UserError(f"--ensemble-size must be from 1 to 1,000; got {args.ensemble_size}.")
    config = make_config(args.config, args.set)
    with restart_on_worker_loss(args.strategy == "multi-worker"):
        strategy = strategy_of(args)
        entry = train(
            args.data,
            args.out,
            config,
            args.ensemble_size,
            args.members,
            strategy,
            args.microbatches,
        )
    print(f"validation NLL {entry['nll']:.4f} accuracy {entry['accuracy']:.4f}")

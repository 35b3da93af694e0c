"""The verb `train`: a prepared data folder to a trained translator.

Takes a data folder and a config; gives the run's folder that `translation.run_folder` describes.
The same command again resumes from the last validation and sees the batches that were left.
"""

import argparse
import dataclasses
import math
import sys
import time
from itertools import islice
from pathlib import Path

import keras
import numpy as np

from be_keras.metrics import scores
from be_keras.training import stream
from translation.batches import TokenBatches, evaluation_batches
from translation.build_model import build_translator
from translation.card import read_card
from translation.config import PRESETS, Config, make_config, use_precision
from translation.corpus import TokenCorpus
from translation.errors import UserError
from translation.model import Translator
from translation.progress import NOT_FINITE, Progress
from translation.run_folder import RunFolder, load_model
from translation.scoring import Scorer, tokens_that_fit
from translation.version import version


def train(
    data: str | Path,
    out: str | Path,
    config: Config,
    ensemble_size: int | None = None,
    members: str = "shared",
) -> dict:
    """Train until `config.steps`, from the last checkpoint if there is one.

    Args:
        data: a folder made by `prepare`.
        out: the run's folder.
        config: model and training.
        ensemble_size: number of members M, or None for a single network.
        members: "shared": each step shows its unique examples to every member; "split": a step
            deals its examples out to the members, at the cost of a single network's step.

    Returns:
        The log's last entry, of the averaged model.

    Raises:
        UserError: bad data or folder, another run in it, a loss that is not finite.
    """
    use_precision(config)
    keras.utils.set_random_seed(config.seed)
    card = read_card(data)
    batches = TokenBatches(
        TokenCorpus(data, "train"),
        config.tokens_per_batch,
        config.buckets,
        multiple_of=ensemble_size or 1 if members == "split" else 1,
        seed=config.seed,
        max_length=config.max_length,
    )
    run = RunFolder(out)
    run.start(
        _settings(config, ensemble_size, members, card), Path(data) / "vocabulary.model"
    )
    if run.last.exists():
        model = load_model(run.last)
    else:
        model = build_translator(config, card["vocabulary"]["size"], ensemble_size, members)
        model.compile(config.optimizer(), jit_compile=_uses_xla())
    step = int(model.optimizer.iterations)
    log = run.log(until=step)
    run.drop_recent_after(step)
    if step:
        _say(f"resuming {run.path} at step {step} of {config.steps}")
    _say(
        f"{model.count_params():,} parameters, M = {model.ensemble_size} ({members}), "
        f"{batches.plan.steps} steps an epoch, padding {batches.padding:.1%}"
    )
    return _Training(run, model, batches, config, log, TokenCorpus(data, "valid")).run_all()


class _Training:
    """One run under way: intervals of `fit`, each ended by a validation and a checkpoint."""

    def __init__(self, run, model, batches, config, log, valid):
        self.run, self.model, self.batches, self.config = run, model, batches, config
        self.log, self.valid = log, valid
        self.scorer = Scorer(model)
        self.example = next(self._from(0))

    def run_all(self) -> dict:
        step = int(self.model.optimizer.iterations)
        with Progress(step, self.config.steps) as progress:
            while step < self.config.steps:
                count = min(self.config.validate_every, self.config.steps - step)
                began = time.perf_counter()
                logs = self._fit(step, count, progress)
                step += count
                self._checkpoint(step, logs, time.perf_counter() - began, progress)
        return self._finish(step)

    def _fit(self, step: int, count: int, progress: Progress) -> dict:
        reseed(self.model, self.config.seed, step)
        counted = progress.counting(islice(self._from(step), count))
        history = self.model.fit(
            stream(counted, self.example), steps_per_epoch=count, verbose=0, callbacks=[progress],
            shuffle=False,
        )
        return {key: values[-1] for key, values in history.history.items()}

    def _from(self, step: int):
        """Training pairs of input and label from a step on, epoch after epoch."""
        epoch, start = divmod(step, self.batches.plan.steps)
        while True:
            for batch in self.batches.batches(epoch, start):
                inputs = {name: batch[name] for name in ("source", "target_in")}
                yield inputs, batch["target_out"]
            epoch, start = epoch + 1, 0

    def _checkpoint(self, step: int, logs: dict, seconds: float, progress: Progress) -> None:
        """Validate, log, and save; the last file written is the one that resuming starts from."""
        entry = self._validate(step)
        entry |= {
            "loss": logs["loss"],
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": seconds,
            "tokens": progress.take_tokens(),
        }
        if not math.isfinite(logs["loss"]) or not math.isfinite(entry["nll"]):
            raise UserError(NOT_FINITE.format(step=step))
        best = min((old["nll"] for old in self.log), default=math.inf)
        self.log.append(entry)
        self.run.append_log(entry)
        self.run.save_recent(self.model, step, self.config.average)
        if entry["nll"] < best:
            self.run.save(self._bare(), self.run.best)
        self.run.save(self.model, self.run.last)
        progress.write(
            f"step {step}: loss {entry['loss']:.3f}, validation NLL {entry['nll']:.4f} (members "
            f"{entry['member_nll']:.4f}), accuracy {entry['accuracy']:.3f}, disagreement "
            f"{entry['disagreement']:.3f}"
        )

    def _validate(self, step: int) -> dict:
        records = self.scorer.records(evaluation_batches(self.valid, tokens_that_fit(self.model)))
        return {"step": step, **scores(records.columns())}

    def _bare(self) -> Translator:
        """The same model without its optimiser, for use rather than for going on."""
        bare = Translator.from_config(self.model.get_config())
        bare.build()
        bare.set_weights(self.model.get_weights())
        return bare

    def _finish(self, step: int) -> dict:
        """Average the last weights, score the result, and write it."""
        self.model.set_weights(self.run.recent_mean(step))
        entry = self._validate(step)
        self.run.save(self._bare(), self.run.average)
        _say(
            f"average of the last {self.config.average} checkpoints: validation NLL "
            f"{entry['nll']:.4f}, accuracy {entry['accuracy']:.3f}; saved {self.run.average}"
        )
        return entry


def reseed(model: keras.Model, seed: int, step: int) -> None:
    """Set every random state below a model from seed and step alone.

    A checkpoint keeps no random state; this makes the dropout masks after it those of a run that
    was never stopped.
    """
    kept = {id(v) for v in (*model.weights, *model.metrics_variables, *model.optimizer.variables)}
    states = [variable for variable in model.variables if id(variable) not in kept]
    draws = np.random.default_rng((seed, step)).integers(2**32, size=(len(states), 2))
    for state, draw in zip(states, draws, strict=True):
        state.assign(draw.astype(state.dtype))


def _settings(config, ensemble_size, members, card) -> dict:
    return {
        "config": dataclasses.asdict(config),
        "method": {"ensemble_size": ensemble_size, "members": members if ensemble_size else None},
        "data": {
            "source_language": card["source_language"],
            "target_language": card["target_language"],
            "vocabulary_size": card["vocabulary"]["size"],
            "vocabulary_sha256": card["vocabulary"]["sha256"],
            "train_pairs": card["splits"]["train"]["pairs"],
        },
        "version": version(),
        "backend": keras.backend.backend(),
    }


def _uses_xla() -> bool:
    """XLA serves accelerators; on a CPU the plain graph trains a Transformer faster."""
    if keras.backend.backend() != "tensorflow":
        return True
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU") or tf.config.list_physical_devices("TPU"))


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `train`."""
    parser.add_argument("--data", required=True, metavar="DIR", help="folder made by prepare")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the run")
    parser.add_argument("--config", default="base", choices=PRESETS, help="default: base")
    parser.add_argument(
        "--ensemble-size", type=int, metavar="M", help="BatchEnsemble of M members (default: one network)"
    )
    parser.add_argument(
        "--members",
        choices=("shared", "split"),
        default="shared",
        help="show every example to every member, or deal the examples out (default: shared)",
    )
    parser.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="set config fields"
    )


def run(args: argparse.Namespace) -> None:
    """Carry out `train` with parsed options, and print the averaged model's validation scores."""
    if args.ensemble_size is not None and args.ensemble_size < 1:
        raise UserError(f"--ensemble-size must be at least 1; got {args.ensemble_size}.")
    config = make_config(args.config, args.set)
    entry = train(args.data, args.out, config, args.ensemble_size, args.members)
    print(f"validation NLL {entry['nll']:.4f} accuracy {entry['accuracy']:.4f}")

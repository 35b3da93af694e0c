"""The verb `train`: images and a config to a trained classifier, or to several.

Takes a source of images; gives the run's folder that `vision.run_folder` describes. The same
command again resumes from the last checkpoint and sees the batches that were left.
"""

import argparse
import dataclasses
import sys
import time
from pathlib import Path

import keras
import numpy as np

from be_keras import EnsembleModel, metrics
from be_keras.tracks.errors import UserError
from be_keras.tracks.version import version
from be_keras.training import reseed
from vision.arithmetic import multiply_adds
from vision.batches import Batches
from vision.build import build_classifier
from vision.cells import costs
from vision.config import PRESETS, make_config
from vision.fingerprint import fingerprint, sample
from vision.images import Images
from vision.loading import load_model
from vision.methods import METHODS, Method, make_method
from vision.progress import Progress, check_finite
from vision.run_folder import RunFolder
from vision.scaling import Scaling
from vision.settings import Settings
from vision.sources import read_images
from vision.training import new_classifier


def train(
    images: Images,
    out: str | Path,
    settings: Settings,
    method: Method,
    source: str = "",
    seed: int = 0,
) -> RunFolder:
    """Train every network of the method, from the last checkpoint if there is one.

    Network i begins at seed + i, so a larger deep ensemble begins with the networks of a smaller.

    Args:
        images: the training images; `settings.hold_out` of them are kept for validation.
        out: the run's folder.
        settings: model and training; what the method decides is overridden.
        method: of `make_method`.
        source: what the images are called.
        seed: decides weights, order, augmentation and dropout, 0 or more.

    Returns:
        The run's folder.

    Raises:
        UserError: too few images, a folder with another run in it, a loss that is not finite.
    """
    settings = method.apply(settings)
    training, held = _parts(images, settings)
    scaling = Scaling.of(sample(training))
    model = build_classifier(settings, images.shape, len(images.class_names))
    run = RunFolder(out)
    run.start(
        {
            "settings": dataclasses.asdict(settings),
            "method": {**dataclasses.asdict(method), "seed": seed},
            "data": {
                "source": source,
                "images": len(training),
                "shape": list(images.shape),
                "class_names": list(images.class_names),
                "fingerprint": fingerprint(images),
                "scaling": dataclasses.asdict(scaling),
            },
            "cost": {
                "parameters": method.networks * model.count_params(),
                "multiply_adds_per_row": multiply_adds(model.body),
                **costs(settings, method.networks),
            },
            "version": version(),
            "backend": keras.backend.backend(),
        }
    )
    print(
        f"{METHODS[method.name]}: {method.networks} x {model.count_params():,} parameters, "
        f"{settings.steps} steps of {settings.batch} images",
        file=sys.stderr,
    )
    _Training(run, training, held, scaling, settings, seed).train(method.networks)
    return run


def _parts(images, settings):
    """The images to train on, and those held out, or None."""
    if settings.hold_out >= len(images):
        raise UserError(
            f"setting hold_out must leave images to train on; got {settings.hold_out} of"
            f" {len(images)}."
        )
    wanted = settings.examples
    if not settings.hold_out and wanted is None:
        return images, None
    order = np.random.default_rng(0).permutation(len(images))  # the same ones for every seed
    held = images.select(order[len(order) - settings.hold_out :]) if settings.hold_out else None
    rest = order[: len(order) - settings.hold_out]
    if wanted is not None and wanted > len(rest):
        raise UserError(f"setting examples must be at most {len(rest)}; got {wanted}.")
    return images.select(rest[:wanted]), held


class _Training:
    """One run under way: networks one after another, each in intervals of `fit`."""

    def __init__(self, run, images, held, scaling, settings, seed):
        self.run, self.images, self.held, self.scaling = run, images, held, scaling
        self.settings, self.seed = settings, seed
        self.log = run.log()

    def train(self, networks: int) -> None:
        """Train the networks that are not trained yet."""
        steps = self.settings.steps
        missing = [i for i in range(networks) if not self.run.network(i).exists()]
        model, step = self.run.states(missing[0]).restore(load_model) if missing else (None, 0)
        done = (networks - len(missing)) * steps + step
        if done:
            print(f"resuming {self.run.path}", file=sys.stderr)
        with Progress(done, networks * steps, self.settings.batch) as progress:
            for index in missing:
                self._network(index, model, progress)
                model = None

    def _network(self, index, model, progress):
        seed = self.seed + index
        if model is None:
            keras.utils.set_random_seed(seed)
            model = new_classifier(self.settings, self.images)
            model.optimizer.build(model.trainable_variables)
        images = self.images
        if self.settings.bagging:
            drawn = np.random.default_rng((seed, 1)).integers(len(images), size=len(images))
            images = images.select(drawn)
        step = int(model.optimizer.iterations)
        # A run that was stopped between its log and its checkpoint repeats what the log has.
        self.log = [e for e in self.log if (e["network"], e["step"]) <= (index, step)]
        while step < self.settings.steps:
            count = min(self.settings.checkpoint_every, self.settings.steps - step)
            began = time.perf_counter()
            loss = self._fit(model, images, seed, step, count, progress)
            step += count
            entry = {"network": index, "step": step, "loss": loss, **self._validate(model)}
            entry["seconds"] = time.perf_counter() - began
            self._checkpoint(model, entry, progress)
        self._finish(model, index)

    def _fit(self, model, images, seed, step, count, progress):
        """Take `count` steps; gives their mean training loss."""
        reseed(model, seed, step)
        settings = self.settings
        batches = Batches(
            images, self.scaling, settings.batch, count, settings.augment, start=step, seed=seed
        )
        history = model.fit(batches, verbose=0, callbacks=[progress], shuffle=False)
        loss = history.history["loss"][-1]
        check_finite(loss, step + count)
        return loss

    def _validate(self, model: EnsembleModel) -> dict:
        """Score the images held out; nothing where there are none."""
        if self.held is None:
            return {}
        x = self.scaling(self.held.pixels(np.arange(len(self.held))))
        records = metrics.Records()
        logits = model.predict(x, batch_size=250, verbose=0)
        records.append(metrics.ensemble_records(logits, self.held.labels))
        found = metrics.scores(records.columns())
        return {key: found[key] for key in ("nll", "member_nll", "accuracy", "disagreement")}

    def _checkpoint(self, model, entry, progress):
        """Log and save; the last file written is the one that resuming starts from."""
        self.log.append(entry)
        self.run.write_log(self.log)
        self.run.states(entry["network"]).save(model, entry["step"])
        said = ", ".join(
            f"{key} {value:.3f}"
            for key, value in entry.items()
            if key not in ("network", "step", "seconds")
        )
        progress.write(f"network {entry['network']}, step {entry['step']}: {said}")

    def _finish(self, model, index):
        """Keep the trained network without its optimiser."""
        shape, classes = self.images.shape, len(self.images.class_names)
        trained = build_classifier(self.settings, shape, classes)
        trained.set_weights(model.get_weights())
        self.run.save(trained, self.run.network(index))
        self.run.states(index).clear()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `train`."""
    parser.add_argument(
        "--demo",
        action="store_true",
        help="train, evaluate and report six systems on made images; takes --out alone",
    )
    parser.add_argument(
        "--data", metavar="SOURCE", help="cifar10, a .npz file, a folder of images, made, ..."
    )
    parser.add_argument("--out", metavar="DIR", help="folder of the run")
    parser.add_argument("--config", default="fashion-cnn", choices=PRESETS)
    parser.add_argument("--method", default="batch-ensemble", choices=METHODS)
    parser.add_argument(
        "--ensemble-size", type=int, metavar="M", help="members, or networks (default: 4)"
    )
    parser.add_argument(
        "--samples", type=int, metavar="S", help="dropout masks at test time (default: 16 or 4)"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="height and width for folders")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="set config fields",
    )


def run(args: argparse.Namespace) -> None:
    """Carry out `train` with parsed options."""
    if args.demo:
        from vision import demo  # which trains with what is above

        demo.run(args.out or "vision-demo")
        return
    missing = [option for option in ("data", "out") if getattr(args, option) is None]
    if missing:
        raise UserError(f"expected --{' and --'.join(missing)}, or --demo; got neither.")
    if args.seed < 0:
        raise UserError(f"--seed must be 0 or more; got {args.seed}.")
    settings = make_config(args.config, args.set)
    method = make_method(args.method, args.ensemble_size, args.samples)
    images = read_images(args.data, "train", args.size)
    run = train(images, args.out, settings, method, args.data, args.seed)
    print(f"trained {len(run.networks())} network(s) in {run.path}")

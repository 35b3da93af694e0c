"""The subcommand `train`: images and a config to a trained classifier, or to several.

Takes a source of images; gives the run's folder that `vision.run_directory` describes. The same
command again resumes from the last checkpoint and sees the batches that were left.
"""

import argparse
import dataclasses
import sys
from pathlib import Path

import keras
import numpy as np

from be_keras.training import is_chief
from be_tracks.devices import (
    add_device_arguments,
    check_same_settings,
    restart_on_worker_loss,
    strategy_of,
)
from be_tracks.errors import UserError
from be_tracks.runs.version import version
from vision.config import PRESETS, make_config
from vision.data.fingerprint import fingerprint, sample
from vision.data.images import Images
from vision.data.scaling import Scaling
from vision.data.sources import read_images
from vision.methods import METHODS, Method, make_method
from vision.run_directory import RunFolder
from vision.settings import Settings
from vision.training.build import build_classifier
from vision.training.cost import costs, macs
from vision.training.fit import Training


def train(
    images: Images,
    out: str | Path,
    settings: Settings,
    method: Method,
    source: str = "",
    seed: int = 0,
    strategy=None,
    microbatches: int = 1,
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
        strategy: what `be_keras.training.strategy` gave, or None for one device.
            `settings.batch_size` counts the images of all replicas; every worker reads the same
            ones and takes its part, and the chief alone reads and writes `out`.
        microbatches: micro-batches of a replica's part of each batch.

    Returns:
        The run's folder.

    Raises:
        UserError: too few images, a folder with another run in it, workers that do not agree, a
            loss that is not finite.
    """
    settings = method.apply(settings)
    _check(settings)
    training, held = _parts(images, settings)
    if len(training) < settings.batch_size:
        raise UserError(
            f"setting batch_size must be at most {len(training)}, the images to train on; got"
            f" {settings.batch_size}."
        )
    scaling = Scaling.of(sample(training))
    model = build_classifier(settings, images.shape, len(images.class_names))
    run = RunFolder(out)
    about = _about(images, training, scaling, settings, method, source, seed, model)
    decisive = {part: about[part] for part in run.PARTS}
    # The source may be named by a path, which differs between machines.
    decisive["data"] = {key: value for key, value in about["data"].items() if key != "source"}
    check_same_settings(strategy, {**decisive, "devices": {"microbatches": microbatches}})
    if is_chief(strategy):
        run.start(about)
        print(
            f"{METHODS[method.name]}: {method.networks} x {model.count_params():,} parameters, "
            f"{settings.steps} steps of {settings.batch_size} images",
            file=sys.stderr,
        )
    under_way = Training(run, training, held, scaling, settings, seed, strategy, microbatches)
    under_way.train(method.networks)
    return run


def _about(images, training, scaling, settings, method, source, seed, model):
    """What `run.json` keeps."""
    return {
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
            "multiply_adds_per_row": macs(model.body),
            **costs(settings, method.networks),
        },
        "version": version(),
        "backend": keras.backend.backend(),
    }


def _check(settings):
    """Refuse what experiments alone heed."""
    keys = [key for key in ("branch", "fine_tune", "distill", "perturb") if getattr(settings, key)]
    if keys:
        raise UserError(
            f"the subcommand train takes no {', '.join(keys)}, which are settings of the"
            " experiments (docs/members.md); leave them out."
        )


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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `train`."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="SOURCE",
        help="cifar10, a .npz file, a folder of images, synthetic, ...",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the run")
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
    """Carry out `train` with parsed options."""
    if not 0 <= args.seed < 2**31:
        raise UserError(f"--seed must be from 0 to 2^31 - 1; got {args.seed}.")
    settings = make_config(args.config, args.set)
    given = {change.partition("=")[0] for change in args.set} & {"ensemble_size", "bagging"}
    if given:
        raise UserError(
            f"--set takes no {', '.join(sorted(given))}: the method decides; use --method and"
            " --ensemble-size."
        )
    method = make_method(args.method, args.ensemble_size, args.samples)
    with restart_on_worker_loss(args.strategy == "multi-worker"):
        strategy = strategy_of(args)
        images = read_images(args.data, "train", args.size)
        run = train(
            images, args.out, settings, method, args.data, args.seed, strategy, args.microbatches
        )
    print(f"trained {method.networks} network(s) in {run.path}")

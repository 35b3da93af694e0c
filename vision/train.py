"""The subcommand `train`: images and a config to a trained classifier, or to several.

Takes a source of images; gives the run's directory that `vision.run_directory` describes. The same
command again resumes from the last checkpoint and sees the batches that were left.
"""

import argparse

from be_tracks.devices import add_device_arguments, restart_on_worker_loss, strategy_of
from be_tracks.errors import UserError
from vision.config import PRESETS, make_config
from vision.data.sources import read_images
from vision.methods import METHODS, make_method
from vision.training.fit import train


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

"""The subcommand `train`: a prepared data folder to a trained translator.

Takes a data folder and a config; gives the run's directory that
`translation.training.run_directory` describes. The same command again resumes from the last
validation and sees the batches that were left.
"""

import argparse

from be_tracks.devices import add_device_arguments, restart_on_worker_loss, strategy_of
from be_tracks.errors import UserError
from translation.config import PRESETS, make_config
from translation.training.fit import train


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

"""Runs the trials of a task; docs/members.md shows what came out.

    python -m experiments.run fashion-mlp --data FOLDER --ood FILE.npz FILE.npz

FOLDER holds Fashion-MNIST's four idx files, .gz or plain; for the tasks on CIFAR-10 it holds
cifar10_train.npz and cifar10_test.npz. These, and the out-of-distribution files, ood_tin40.npz and
ood_gtsrb.npz in the tables, hold JPEGs of one header, as `vision.data.jpeg` describes. For multi30k
FOLDER and the out-of-distribution text, newstest2013 in the tables, are folders made by
`translation prepare` with one vocabulary, of which the test split is read. One line of JSON a trial
comes to lie in docs/results/members/TASK.jsonl; the same command again goes on where it was
stopped. `--shard 0/2` and `--shard 1/2` are two halves for two processes.
"""

import argparse
import sys
from pathlib import Path

from be_tracks.errors import UserError
from experiments import method_sweeps, resnet_sweeps, text_sweeps
from experiments.image_trials import ImageExperiment, ImageTask
from experiments.runner import run_trials
from experiments.sweeps import SWEEPS
from experiments.text_trials import TextExperiment, TextTask
from vision.data.images import Images
from vision.data.mnist import read_mnist
from vision.data.npz import SPLITS, read_npz, read_pair
from vision.data.resize import match
from vision.evaluation.scores import corrupt_all

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results" / "members"
# More out-of-distribution images tell no more than this many, and take as long.
OOD_IMAGES = {**method_sweeps.OOD_IMAGES, **resnet_sweeps.OOD_IMAGES}
MOST_OOD_IMAGES = 4_000


def experiment(name: str, data: Path, ood: list[Path], work: Path):
    """What trains and scores the trials of a task.

    Raises:
        UserError: a file is missing or holds something else.
    """
    if name in text_sweeps.DEFAULTS:
        preset, defaults = text_sweeps.PRESET[name], text_sweeps.DEFAULTS[name]
        task = TextTask(data, {path.name: path for path in ood}, preset, defaults)
        return TextExperiment(task, work)
    return ImageExperiment(read_task(name, data, ood), work)


def read_task(name: str, data: Path, ood: list[Path]) -> ImageTask:
    """Read the images of a task on images.

    Raises:
        UserError: a file is missing or holds something else.
    """
    if name.startswith("fashion"):
        train, test = (read_mnist(data, split) for split in SPLITS)
    else:
        train, test = (read_pair(data / "cifar10", split) for split in SPLITS)
    count = OOD_IMAGES.get(name, MOST_OOD_IMAGES)
    unknown = {path.stem: _ood(path, count, train.images.shape[1:]) for path in ood}
    corrupted = None
    if name in method_sweeps.CORRUPTED:
        images, severities = method_sweeps.CORRUPTED[name]
        corrupted = corrupt_all(test.take(images, seed=0), severities)
    return ImageTask(train, test, unknown, SWEEPS[name].defaults[name], corrupted)


def _ood(path: Path, count: int, shape: tuple[int, ...]) -> Images:
    images = read_npz(path)
    return match(images.take(min(count, len(images)), seed=0), *shape)


def _shard(text: str) -> tuple[int, int]:
    index, slash, count = text.partition("/")
    if not slash or not (index + count).isdigit() or not int(index) < int(count):
        raise argparse.ArgumentTypeError(f"expected a shard such as 0/2, got {text!r}")
    return int(index), int(count)


def main() -> int:
    """Run the trials that are missing; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=SWEEPS)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--ood", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--ablations", nargs="+", help="default: all of the task")
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument(
        "--work", type=Path, default=Path("members-work"), help="networks of references"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: docs/results/members")
    parser.add_argument("--shard", type=_shard, default=(0, 1), metavar="I/N")
    args = parser.parse_args()
    index, count = args.shard
    sweep = SWEEPS[args.task]
    ablations = args.ablations or list(sweep.ablations)
    unknown = [name for name in ablations if name not in sweep.ablations]
    if unknown:
        parser.error(
            f"{args.task} has the ablations {', '.join(sweep.ablations)}; got {', '.join(unknown)}"
        )
    trials = sweep.trials(args.task, ablations, args.seeds)[index::count]
    try:
        train = experiment(args.task, args.data, args.ood, args.work / args.task)
        keys = [column.key for column in sweep.columns]
        run_trials(trials, args.out, train, train.settings_of, keys)
    except (UserError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

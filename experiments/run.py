"""Runs the experiments on what makes members differ; docs/members.md shows what came out.

    python -m experiments.run fashion-mlp --data FOLDER --ood FILE.npz FILE.npz

FOLDER holds Fashion-MNIST's four idx files, .gz or plain; for the tasks on CIFAR-10 it holds
cifar10_train.npz and cifar10_test.npz. These, and the files of foreign images, ood_tin40.npz and
ood_gtsrb.npz in the tables, hold JPEGs of one header, as `vision.data.jpeg` describes. For multi30k
FOLDER and the foreign text, newstest2013 in the tables, are folders made by `translation prepare`
with one vocabulary, of which the test split is read. One line of JSON a cell comes to lie in
docs/results/members/TASK.jsonl; the same command again goes on where it was stopped.
`--shard 0/2` and `--shard 1/2` are two halves for two processes.
"""

import argparse
import sys
from pathlib import Path

from be_tracks.errors import UserError
from experiments import image_sweeps, method_sweeps, resnet_sweeps, run_cells, text_sweeps
from experiments.image_trials import ImageCells, ImageTask
from experiments.text_trials import TextCells, TextTask
from vision.data.images import Images
from vision.data.mnist import read_mnist
from vision.data.npz import SPLITS, read_npz, read_pair
from vision.data.resize import match
from vision.evaluation.scores import corrupt_all

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results" / "members"
# More foreign images tell no more than this many, and take as long.
OUTSIDE = {**method_sweeps.OUTSIDE, **resnet_sweeps.OUTSIDE}
MOST_OUTSIDE = 4_000
ALL_GRIDS = (
    image_sweeps.GRID,
    resnet_sweeps.GRID,
    method_sweeps.GRID,
    text_sweeps.GRID,
)
GRIDS = {task: grid for grid in ALL_GRIDS for task in grid.defaults}
QUESTIONS = {question for grid in GRIDS.values() for question in grid.questions}


def trainer(name: str, data: Path, outside: list[Path], work: Path):
    """What runs the cells of a task.

    Raises:
        UserError: a file is missing or holds something else.
    """
    if name in text_sweeps.GRID.defaults:
        preset, defaults = text_sweeps.PRESET[name], text_sweeps.DEFAULTS[name]
        task = TextTask(data, {path.name: path for path in outside}, preset, defaults)
        return TextCells(task, work)
    return ImageCells(read_task(name, data, outside), work)


def read_task(name: str, data: Path, outside: list[Path]) -> ImageTask:
    """Read the images of a task on images.

    Raises:
        UserError: a file is missing or holds something else.
    """
    if name.startswith("fashion"):
        train, test = (read_mnist(data, split) for split in SPLITS)
    else:
        train, test = (read_pair(data / "cifar10", split) for split in SPLITS)
    count = OUTSIDE.get(name, MOST_OUTSIDE)
    foreign = {path.stem: _foreign(path, count, train.images.shape[1:]) for path in outside}
    corrupted = None
    if name in method_sweeps.CORRUPTED:
        images, severities = method_sweeps.CORRUPTED[name]
        corrupted = corrupt_all(test.take(images, seed=0), severities)
    return ImageTask(train, test, foreign, GRIDS[name].defaults[name], corrupted)


def _foreign(path: Path, count: int, shape: tuple[int, ...]) -> Images:
    images = read_npz(path)
    return match(images.take(min(count, len(images)), seed=0), *shape)


def _shard(text: str) -> tuple[int, int]:
    index, slash, count = text.partition("/")
    if not slash or not (index + count).isdigit() or not int(index) < int(count):
        raise argparse.ArgumentTypeError(f"expected a shard such as 0/2, got {text!r}")
    return int(index), int(count)


def main() -> int:
    """Run the cells that are missing; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=GRIDS)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--ood", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--ablations", nargs="+", choices=sorted(QUESTIONS))
    parser.add_argument("--seeds", type=int, default=3, help="default: 3")
    parser.add_argument(
        "--work", type=Path, default=Path("members-work"), help="networks of references"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: docs/results/members")
    parser.add_argument("--shard", type=_shard, default=(0, 1), metavar="I/N")
    args = parser.parse_args()
    index, count = args.shard
    grid = GRIDS[args.task]
    questions = args.ablations or list(grid.questions)
    unknown = [name for name in questions if name not in grid.questions]
    if unknown:
        parser.error(
            f"{args.task} has the questions {', '.join(grid.questions)}; got {', '.join(unknown)}"
        )
    cells = grid.cells(args.task, questions, args.seeds)
    try:
        train = trainer(args.task, args.data, args.ood, args.work / args.task)
        run_cells(cells[index::count], args.out, train)
    except (UserError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Kills a training run again and again, and compares what it ends as with one that nobody stopped.

    python scripts/kill_and_resume.py [--kills 20] [--seed 0] [--out FILE.json]

A small translator on made text, on one CPU device, is killed with SIGKILL and started again with
the same command until it ends by itself. The moments are drawn over the whole run: while a process
starts, in the middle of training, while a checkpoint is written, and at the end, while the weights
are averaged. Weights, optimiser, best and average have to agree in every bit with those of a run
that nobody stopped, and the logs in every loss. Then two workers: first the second one is killed
and started again, later the chief, while the other one goes on by itself; the losses have to agree
to 1e-5 with those of one process. Takes about ten minutes.
"""

import argparse
import json
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
SETTINGS = [
    *("encoder_layers=1", "decoder_layers=1", "width=32", "heads=2", "feedforward=64"),
    *("tokens_per_batch=256", "buckets=2", "warmup=10", "average=2"),
]
STEPS, EVERY = 120, 3
MOST_KILLS = STEPS // EVERY  # each finds a checkpoint of its own
# For this process, which loads the models, and for all that it starts.
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class Moment(NamedTuple):
    """When to kill: some part, in [0, 1), into what a process does once a checkpoint is written.

    "starting": from its start to its first checkpoint, wherever the run stands. "writing": a
    checkpoint. "training": from one checkpoint to the next. "averaging": from the last one to the
    end.
    """

    kind: str
    step: int
    part: float


def moments(kills, seed):
    """Draw the moments of so many kills, in order: a fifth in the end, the rest over the run."""
    draw = random.Random(seed)
    last = max(1, kills // 5)
    kinds = islice(cycle(("starting", "writing", "training")), kills - last)
    steps = sorted(draw.sample(range(EVERY, STEPS, EVERY), kills - last))
    drawn = [*zip(kinds, steps, strict=True), *[("averaging", STEPS)] * last]
    return [Moment(kind, step, draw.random()) for kind, step in drawn]


def verb(*words, **options):
    """Start `translation` with these words; gives the process, whose `said` is its stderr."""
    said = tempfile.NamedTemporaryFile("w+")  # no pipe, which nobody would empty meanwhile
    line = [sys.executable, "-m", "translation", *map(str, words)]
    process = subprocess.Popen(line, cwd=REPOSITORY, stderr=said, **options)
    process.said = said
    return process


def finish(*processes):
    """Wait for processes; raises RuntimeError with what one said where it failed."""
    for process in processes:
        if process.wait():
            said = Path(process.said.name).read_text(encoding="utf-8")
            raise RuntimeError(f"status {process.returncode}: {said[-2000:]}")


def train(data, out, *words, dropout=0.1):
    """Start the training; gives the process."""
    settings = [*SETTINGS, f"steps={STEPS}", f"checkpoint_every={EVERY}", f"dropout={dropout}"]
    words = ["--data", data, "--out", out, "--config", "tiny", *words, "--set", *settings]
    return verb("train", *words, stdout=subprocess.DEVNULL)


def newest(out):
    """Give the step of a run's newest checkpoint, or 0."""
    return max((int(path.stem) for path in out.glob("checkpoints/[0-9]*.sha256")), default=0)


def unfinished(out):
    """Give the files of a run that are being written, or were when it was killed, with times."""
    found = set()
    for path in out.rglob(".partial-*"):
        try:
            found.add((path, path.stat().st_mtime_ns))
        except FileNotFoundError:
            continue  # finished in between
    return found


def until(process, sign):
    """Wait for a sign, or for the end of a process; gives the time."""
    while process.poll() is None and not sign():
        time.sleep(0.001)
    return time.monotonic()


def averages(process):
    """Whether a process that was started on a finished run has come to its average."""
    return f"at step {STEPS} of {STEPS}" in Path(process.said.name).read_text(encoding="utf-8")


def timed(data, out):
    """Train without a kill, and once more at the end; gives the seconds of each kind of moment."""
    began = time.monotonic()
    process = train(data, out)
    first = until(process, lambda: newest(out) >= EVERY)
    writes = until(process, lambda: unfinished(out))
    second = until(process, lambda: newest(out) >= 2 * EVERY)
    last = until(process, lambda: newest(out) >= STEPS)
    finish(process)
    ended = time.monotonic()
    process = train(data, out)
    resumed = until(process, lambda: averages(process))
    finish(process)
    return {
        "starting": first - began,
        "writing": second - writes,
        "training": (last - second) / (STEPS // EVERY - 2),
        "averaging": ended - last,
        "averaging again": time.monotonic() - resumed,
    }


def killed_again_and_again(data, out, aims, seconds):
    """Kill the run at each of these moments, then let it end.

    Args:
        data, out: Folders.
        aims: Moments.
        seconds: What `timed` gave.

    Returns:
        For each kill what it was aimed at, the step of the newest checkpoint after it, and the
        files that it left unfinished.
    """
    kills = []
    for aim in aims:
        while (kill := _kill(data, out, aim, seconds)) is None:
            aim = aim._replace(part=aim.part / 2)  # the run ended sooner than was thought
        kills.append(kill)
        print(f"killed {len(kills)} times: {kill}", flush=True)
    finish(train(data, out))
    return kills


def _kill(data, out, aim, seconds):
    """Start the run and kill it once; gives what it left, or None where it ended before."""
    before, left = newest(out), unfinished(out)
    process = train(data, out)
    wait = seconds[aim.kind]
    if aim.kind != "starting" and before == STEPS:
        until(process, lambda: averages(process))
        wait = seconds["averaging again"]
    elif aim.kind != "starting":
        # It has to get on: no kill comes before this process has written a checkpoint.
        goal = min(max(aim.step, before + EVERY), STEPS)
        until(process, lambda: newest(out) >= goal)
        if aim.kind == "writing" and goal < STEPS:
            until(process, lambda: unfinished(out))
    try:
        process.wait(timeout=aim.part * wait)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        names = sorted(str(path.relative_to(out)) for path, _ in unfinished(out) - left)
        return {"aimed_at": aim.kind, "last_checkpoint": newest(out), "unfinished": names}
    finish(process)
    return None


def arrays(run):
    """All weights of a run's models and its optimiser's state, as NumPy arrays."""
    import keras

    from translation.training.loading import load_model
    from translation.training.run_directory import RunDirectory

    folder, found = RunDirectory(run), []
    model, step = folder.checkpoints().restore(load_model)
    if step != STEPS:
        raise RuntimeError(f"{run} ended at step {step}; expected {STEPS}")
    found += [*model.weights, *model.optimizer.variables]
    for path in (folder.best(), folder.average):
        if path.exists():
            found += load_model(path).weights
    return [keras.ops.convert_to_numpy(variable) for variable in found]


def losses(run):
    """Loss and validation NLL of every checkpoint."""
    from translation.training.run_directory import RunDirectory

    return [(entry["loss"], entry["nll"]) for entry in RunDirectory(run).log()]


def compare(whole, killed):
    """What two runs have in common; `same` where it is everything."""
    import numpy as np

    one, other = arrays(whole), arrays(killed)
    identical = len(one) == len(other) and all(map(np.array_equal, one, other))
    return {
        "arrays_compared": len(one),
        "bit_identical": identical,
        "losses_compared": 2 * len(losses(whole)),
        "losses_identical": losses(whole) == losses(killed),
    }


def two_workers(data, out):
    """Train with two workers, each of which is killed once, and it alone started again.

    Returns:
        For each kill the worker's index, the step of the newest checkpoint at that moment, and the
        seconds from there to the next one.
    """
    from be_keras.training import localhost_workers

    words = ("--strategy", "multi-worker", "--workers", localhost_workers(2), "--worker-index")
    # Replicas draw masks of their own: without dropout they train as one process does.
    workers = [train(data, out, *words, i, dropout=0.0) for i in range(2)]
    kills = []
    for index in (1, 0):
        goal = newest(out) + EVERY
        until(workers[index], lambda goal=goal: newest(out) >= goal)
        workers[index].kill()
        workers[index].wait()
        step, began = newest(out), time.monotonic()
        workers[index] = train(data, out, *words, index, dropout=0.0)
        again = until(workers[index], lambda step=step: newest(out) > step)
        kills.append({"worker": index, "last_checkpoint": step, "seconds": round(again - began)})
        print(f"two workers, one of them killed: {kills[-1]}", flush=True)
    finish(*workers)
    return kills


def prepare(folder):
    """Make a corpus in a folder, and prepare it; gives the data folder."""
    corpus, data, text = folder / "corpus", folder / "data", []
    sizes = ("--train", 1000, "--valid", 50, "--test", 50, "--simple")
    finish(verb("grammar", "--pair", "en-de", "--out", corpus, *sizes))
    for split in ("train", "valid", "test"):
        prefix = "--" if split == "train" else f"--{split}-"
        text += [f"{prefix}source", corpus / f"{split}.en"]
        text += [f"{prefix}target", corpus / f"{split}.de"]
    languages = ("--source-language", "en", "--target-language", "de")
    finish(verb("prepare", *text, *languages, "--vocabulary-size", 200, "--out", data))
    return data


def parse():
    """Give the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20, help=f"1 to {MOST_KILLS}; default: 20")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    args = parser.parse_args()
    if not 1 <= args.kills <= MOST_KILLS:
        parser.error(f"expected --kills from 1 to {MOST_KILLS}, got {args.kills}")
    return args


def main() -> int:
    """Train, kill, resume, compare; gives the exit status, 1 where something differs."""
    args = parse()
    os.environ.update(ENVIRONMENT)  # before Keras is imported
    import numpy as np

    from be_tracks.environment import environment

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        data = prepare(folder)
        seconds = timed(data, folder / "whole")
        aims = moments(args.kills, args.seed)
        kills = killed_again_and_again(data, folder / "killed", aims, seconds)
        found = compare(folder / "whole", folder / "killed")
        print(f"{len(kills)} kills: {found}", flush=True)
        workers = two_workers(data, folder / "workers")
        finish(train(data, folder / "alone", dropout=0.0))
        apart = np.subtract(losses(folder / "workers"), losses(folder / "alone"))
        difference = float(np.max(np.abs(apart)))
        print(f"two workers: losses differ by {difference:.1e}")
    if args.out:
        how = {
            "command": shlex.join(["python", "scripts/kill_and_resume.py", *sys.argv[1:]]),
            "seed": args.seed,
            "environment": {**environment(), **ENVIRONMENT},
            "seconds": {kind: round(value, 3) for kind, value in seconds.items()},
        }
        what = {
            "kills": len(kills),
            "kills_that_left_a_file_unfinished": sum(bool(kill["unfinished"]) for kill in kills),
            "each": kills,
            **found,
            "workers_killed": workers,
            "largest_difference_of_losses_of_two_workers": difference,
        }
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({**how, **what}, indent=1) + "\n", encoding="utf-8")
    same = found["bit_identical"] and found["losses_identical"]
    return 0 if same and difference <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())

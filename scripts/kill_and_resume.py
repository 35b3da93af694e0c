"""Kills a training run again and again, and compares what it ends as with one that nobody stopped.

    python scripts/kill_and_resume.py [--kills 20] [--seed 0] [--out FILE.json]

A small translator on made text, on one CPU device: SIGKILL at random moments, the same command
again each time, until it ends by itself; the two have to agree in every bit of weights and
optimiser. Then two workers: one of them is killed, both are started again, and the losses have to
agree to 1e-5 with those of one process. Takes about ten minutes.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SETTINGS = [
    *("encoder_layers=1", "decoder_layers=1", "width=32", "heads=2", "feedforward=64"),
    *("tokens_per_batch=256", "buckets=2", "warmup=10", "average=2"),
]
STEPS, EVERY = 120, 3
ENVIRONMENT = {
    **os.environ,
    "KERAS_BACKEND": "tensorflow",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def verb(*words, **options):
    """Start `translation` with these words; gives the process."""
    line = [sys.executable, "-m", "translation", *map(str, words)]
    return subprocess.Popen(
        line, cwd=REPOSITORY, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, **options
    )


def finish(*processes):
    """Wait for processes; raises RuntimeError with what one said where it failed."""
    for process in processes:
        _, said = process.communicate()
        if process.returncode:
            raise RuntimeError(f"status {process.returncode}: {said[-2000:]}")


def train(data, out, *words, dropout=0.1):
    """Start the training; gives the process."""
    settings = [*SETTINGS, f"steps={STEPS}", f"validate_every={EVERY}", f"dropout={dropout}"]
    words = ["--data", data, "--out", out, "--config", "tiny", *words, "--set", *settings]
    return verb("train", *words, stdout=subprocess.DEVNULL)


def killed_again_and_again(data, out, kills, seed, ready, longest):
    """Kill the run at random moments, `kills` times in all, then let it end.

    Args:
        data, out: Folders.
        kills: How often.
        seed: Of the moments.
        ready, longest: Seconds to the first state of a run, and to its end. A kill comes before or
            soon after the first, so that so many kills find something left to do.

    Returns:
        The step of the newest state after each kill.
    """
    latest = ready + 2 * (longest - ready) / kills
    draw, steps = random.Random(seed), []
    while len(steps) < kills:
        process = train(data, out)
        try:
            _, said = process.communicate(timeout=draw.uniform(0.3 * ready, latest))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        else:
            if process.returncode:
                raise RuntimeError(said[-2000:])
            break  # it ended before it was killed: no step is left
        steps.append(max((int(path.stem) for path in out.glob("states/*.sha256")), default=0))
        print(f"killed {len(steps)} times, last checkpoint at step {steps[-1]}", flush=True)
    finish(train(data, out))
    return steps


def arrays(run):
    """All weights of a run's models and its optimiser's state, as NumPy arrays."""
    import keras

    from translation.loading import load_model
    from translation.run_folder import RunFolder

    folder, found = RunFolder(run), []
    model, step = folder.states.restore(load_model)
    if step != STEPS:
        raise RuntimeError(f"{run} ended at step {step}; expected {STEPS}")
    found += [*model.weights, *model.optimizer.variables]
    for path in (folder.best, folder.average):
        if path.exists():
            found += load_model(path).weights
    return [keras.ops.convert_to_numpy(variable) for variable in found]


def losses(run):
    """Loss and validation NLL of every checkpoint."""
    from translation.run_folder import RunFolder

    return [(entry["loss"], entry["nll"]) for entry in RunFolder(run).log()]


def two_workers(data, out, wait):
    """Train with two workers, one of which is killed; start both again; gives what was seen."""
    first = _workers(data, out)
    until = time.monotonic() + 300
    while not list(out.glob("states/*.sha256")) and time.monotonic() < until:
        time.sleep(0.2)
    os.kill(first[1].pid, signal.SIGKILL)
    first[1].communicate()
    began = time.monotonic()
    try:
        first[0].communicate(timeout=wait)
        noticed = f"stopped by itself after {time.monotonic() - began:.0f} s"
    except subprocess.TimeoutExpired:
        noticed = f"still waiting after {wait} s, then killed"
        first[0].kill()
        first[0].communicate()
    finish(*_workers(data, out))
    return noticed


def _workers(data, out):
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("localhost", 0))
    addresses = ",".join(f"localhost:{each.getsockname()[1]}" for each in sockets)
    for each in sockets:
        each.close()
    words = ("--strategy", "multi-worker", "--workers", addresses, "--worker-index")
    # Replicas draw masks of their own: without dropout they train as one process does.
    return [train(data, out, *words, i, dropout=0.0) for i in range(2)]


def main() -> int:
    """Train, kill, resume, compare; gives the exit status, 1 where something differs."""
    import numpy as np

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--wait", type=int, default=120, help="seconds for the worker left over")
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        corpus = folder / "corpus"
        sizes = ("--train", 1000, "--valid", 50, "--test", 50, "--simple")
        finish(verb("grammar", "--pair", "en-de", "--out", corpus, *sizes))
        text = []
        for split in ("train", "valid", "test"):
            prefix = "--" if split == "train" else f"--{split}-"
            text += [f"{prefix}source", corpus / f"{split}.en"]
            text += [f"{prefix}target", corpus / f"{split}.de"]
        languages = ("--source-language", "en", "--target-language", "de")
        data = folder / "data"
        finish(verb("prepare", *text, *languages, "--vocabulary-size", 200, "--out", data))
        began = time.monotonic()
        process = train(data, folder / "whole")
        while process.poll() is None and not list(folder.glob("whole/states/*.sha256")):
            time.sleep(0.1)
        ready = time.monotonic() - began
        finish(process)
        times = ready, time.monotonic() - began
        steps = killed_again_and_again(data, folder / "killed", args.kills, args.seed, *times)
        whole, resumed = arrays(folder / "whole"), arrays(folder / "killed")
        same = len(whole) == len(resumed) and all(map(np.array_equal, whole, resumed))
        print(f"{len(steps)} kills: {'every bit is the same' if same else 'NOT the same'}")
        noticed = two_workers(data, folder / "workers", args.wait)
        finish(train(data, folder / "alone", dropout=0.0))
        apart = np.subtract(losses(folder / "workers"), losses(folder / "alone"))
        difference = float(np.max(np.abs(apart)))
        print(f"two workers: the one left {noticed}; losses differ by {difference:.1e}")
    found = {
        "kills": len(steps),
        "last_checkpoints": steps,
        "arrays_compared": len(whole),
        "bit_identical": same,
        "worker_left": noticed,
        "largest_difference_of_losses_of_two_workers": difference,
    }
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if same and len(steps) == args.kills and difference <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())

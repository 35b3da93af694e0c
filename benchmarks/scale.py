"""How a training step of the Transformer grows with devices, members and the size of the model.

    python benchmarks/scale.py [--rounds 3] [--steps 10] [--out FILE.json]

Prints tables and writes JSON. *Devices*: one process with all threads, two virtual devices in one
process, and two processes on this machine that share its threads, each on the same global batch;
rounds take turns, and a ratio is the median over rounds of the time of a step to that of one
process. *Members and sizes*: one process. *Input*: the share of a step that making its batches
takes. Every case is a process of its own. Takes about ten minutes on two cores.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import command
import report

VOCABULARY = 8_000
LENGTH = 32  # tokens of a sentence
TOKENS = 2_048  # of a global batch
BATCHES = 100  # whose making is timed
SIZES = {
    "width 128": ["width=128", "heads=4", "feedforward=512"],
    "width 256": ["width=256", "heads=4", "feedforward=1024"],
    "width 512": ["width=512", "heads=8", "feedforward=2048"],
}
DEVICES = ("one process", "two virtual devices", "two processes")
MEMBERS = (None, 1, 2, 4, 8)


def case(args) -> dict:
    """Train on random tokens in this process; gives what a step took."""
    if args.devices == "two virtual devices":
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        halves = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, halves)
    from be_keras.training import strategy

    kind = {"one process": "one", "two virtual devices": "mirrored"}.get(args.devices)
    made = strategy(kind or "multi-worker", args.workers, args.worker_index)

    import contextlib

    import numpy as np

    from be_keras.training import stream
    from translation.config import make_config
    from translation.models.translator import build_translator

    settings = [f"tokens_per_batch={TOKENS}", "precision=float32", "chunk_examples=0"]
    config = make_config("small", [*settings, *SIZES[args.size]])
    with contextlib.nullcontext() if kind == "one" else made.scope():
        model = build_translator(config, VOCABULARY, args.members, args.split)
        model.compile(config.make_optimizer(), jit_compile=False)
        model.optimizer.build(model.trainable_variables)
    draw = np.random.default_rng(0)
    tokens = draw.integers(4, VOCABULARY, (TOKENS // LENGTH, LENGTH)).astype(np.int32)
    batch = {"source": tokens, "target_in": tokens}, tokens
    clock = _clock()
    model.fit(
        stream(iter([batch] * (args.steps + 3)), batch),
        steps_per_epoch=args.steps + 3,
        verbose=0,
        callbacks=[clock],
    )
    return {
        "step_ms": 1e3 * statistics.median(clock.seconds[3:]),
        "parameters": model.count_params(),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _clock():
    """A callback that keeps the seconds of every step; made late, as it needs Keras."""
    import keras

    class Clock(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seconds, self._began = [], 0.0

        def on_train_batch_begin(self, batch, logs=None):
            self._began = time.perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            float(logs["loss"])  # waits for the step
            self.seconds.append(time.perf_counter() - self._began)

    return Clock()


def measure(args, devices="one process", size="width 256", members=None, split="split"):
    """Run a case, in as many processes as it takes; gives what the slowest of them found."""
    words = ["--case", "--devices", devices, "--size", size, "--split", split]
    words += ["--steps", str(args.steps)]
    words += [] if members is None else ["--members", str(members)]
    threads, several = args.threads, devices == "two processes"
    if several:
        from be_keras.training import localhost_workers  # a backend comes with it

        words += ["--workers", localhost_workers(2)]
        threads = max(1, threads // 2)
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    own = [[*words, "--worker-index", str(i)] for i in range(2)] if several else [words]
    with tempfile.TemporaryDirectory() as folder:
        started = []
        for i, each in enumerate(own):
            out = Path(folder) / f"{i}.json"
            line = [sys.executable, __file__, *each, "--out", str(out)]
            error = open(Path(folder) / f"{i}.err", "w")
            started.append((subprocess.Popen(line, env=environment, stderr=error), out, error))
        found = []
        for process, out, error in started:
            if process.wait():
                raise SystemExit(f"a case failed:\n{Path(error.name).read_text()[-2000:]}")
            found.append(json.loads(out.read_text()))
    return {key: max(each[key] for each in found) for key in found[0]}


def of_devices(args):
    """Yield a row for each way to share a batch, measured in turn."""
    rounds = [{devices: measure(args, devices) for devices in DEVICES} for _ in range(args.rounds)]
    for devices in DEVICES:
        ratios = [each[devices]["step_ms"] / each[DEVICES[0]]["step_ms"] for each in rounds]
        step = statistics.median(each[devices]["step_ms"] for each in rounds)
        yield {
            "devices": devices,
            "step_ms": step,
            "tokens_per_second": 1e3 * TOKENS / step,
            "ratio": statistics.median(ratios),
            "range": [min(ratios), max(ratios)],
            "peak_mb_of_a_process": max(each[devices]["peak_mb"] for each in rounds),
        }


def of_members(args):
    """Yield a row for each number of members, on the same rows and on the same examples."""
    for split in ("split", "shared"):
        for members in MEMBERS:
            if split == "shared" and members in (None, 1):
                continue
            yield _row(measure(args, members=members, split=split), split, members, "width 256")


def of_sizes(args):
    """Yield a row for each width, of one network and of four members on split batches."""
    for size in SIZES:
        for members in (None, 4):
            yield _row(measure(args, size=size, members=members), "split", members, size)


def _row(found, split, members, size):
    return {
        "model": size,
        "members": "one network" if members is None else f"{members} {split}",
        "parameters": found["parameters"],
        "step_ms": found["step_ms"],
        "tokens_per_second": 1e3 * TOKENS / found["step_ms"],
        "peak_mb": found["peak_mb"],
        # What replicas tell each other in a step: one float32 for each weight.
        "gradient_mb": 4e-6 * found["parameters"],
    }


def of_input(args):
    """Yield the time that making a batch takes, and its share of a step."""
    import numpy as np

    from be_keras.training import stream
    from translation.data.batches import TokenBatches
    from translation.data.token_shards import TokenCorpus
    from translation.prepare import prepare

    draw = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        lines = ["".join(f"w{n} " for n in draw.integers(0, 500, draw.integers(5, 40)))
                 for _ in range(5_000)]  # fmt: skip
        for name in ("a.en", "a.de", "b.en", "b.de", "c.en", "c.de"):
            count = 5_000 if name.startswith("a") else 20
            mark = "x " if name.endswith("de") else ""
            (folder / name).write_text("".join(f"{mark}{line}\n" for line in lines[:count]))
        texts = {
            "valid": (folder / "b.en", folder / "b.de"),
            "test": (folder / "c.en", folder / "c.de"),
        }
        prepare(
            folder / "a.en", folder / "a.de", folder / "data", vocabulary_size=400, **texts
        )
        batches = TokenBatches(TokenCorpus(folder / "data", "train"), TOKENS, 6)
        source = stream(batches.pairs_from(0), next(batches.pairs_from(0))).take(BATCHES)
        began = time.perf_counter()
        for _ in source:
            pass
        made = 1e3 * (time.perf_counter() - began) / BATCHES
    step = measure(args)["step_ms"]
    yield {"batch_ms": made, "step_ms": step, "share": made / step}


def main() -> int:
    """Measure, print and write; gives the exit status."""
    parser = command.parser(__doc__, runs=2)
    parser.add_argument("--rounds", type=int, default=3, help="of the devices; default: 3")
    parser.add_argument("--steps", type=int, default=10, help="of a case; default: 10")
    for option in ("--case", "--devices", "--size", "--members", "--split", "--workers"):
        kind = {"action": "store_true"} if option == "--case" else {}
        parser.add_argument(option, help=argparse.SUPPRESS, **kind)
    parser.add_argument("--worker-index", type=int, help=argparse.SUPPRESS)
    args = command.parse(parser)
    if args.rounds < 1 or args.steps < 2:
        parser.error(f"expected --rounds from 1, --steps from 2; got {args.rounds}, {args.steps}")
    args.members = None if args.members is None else int(args.members)
    if args.case:
        args.out.write_text(json.dumps(case(args)), encoding="utf-8")
        return 0
    content = {}
    for name, rows in (
        ("devices", of_devices),
        ("members", of_members),
        ("sizes", of_sizes),
        ("input", of_input),
    ):
        content[name] = report.show(rows(args))
        command.write(args, content)  # what comes next may fail
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

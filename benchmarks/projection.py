"""What a step would take where no machine of ours can run it: a model, with its assumptions.

    python benchmarks/projection.py [--out FILE.json]

Time of a step = arithmetic / (devices x peak x utilisation) + bytes exchanged / bandwidth. The
arithmetic is 6 flops for each parameter and token of the global batch; an all-reduce of g bytes
among n takes 2 (n - 1) / n g over the slowest link. Nothing here is measured: see docs/scale.md.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import report

UTILISATION = 0.35  # of the peak, as Transformers of this size commonly reach
# By name: parameters of one network and of four members (vocabulary 32,000), tokens of a step.
MODELS = {
    "base": (60_556_544, 61_626_368, 25_000),
    "big": (209_161_472, 211_077_120, 25_000),
}
STEPS = {"base": 100_000, "big": 300_000}


@dataclass(frozen=True)
class Machine:
    """Devices that train together.

    Attributes:
        devices: how many.
        peak: bfloat16 flop/s of one.
        bandwidth: bytes a second over the slowest link of the all-reduce.
    """

    devices: int
    peak: float
    bandwidth: float


MACHINES = {
    "1 GPU (A100)": Machine(1, 312e12, float("inf")),
    "8 GPUs (A100, NVLink 300 GB/s)": Machine(8, 312e12, 300e9),
    "TPU v4-8 (4 chips, 100 GB/s)": Machine(4, 275e12, 100e9),
    "64 hosts of 8 GPUs (25 GB/s between hosts)": Machine(512, 312e12, 25e9),
}


def step(machine: Machine, parameters: int, tokens: int) -> tuple[float, float]:
    """Seconds of arithmetic and of exchange in a step of so many tokens, all members together."""
    compute = 6 * parameters * tokens / (machine.devices * machine.peak * UTILISATION)
    shares = 2 * (machine.devices - 1) / machine.devices
    return compute, shares * 4 * parameters / machine.bandwidth


def rows():
    """Yield a row for each model, machine and global batch."""
    cases = product(MODELS.items(), MACHINES.items(), (1, 16), (0, 1))
    for (model, sizes), (name, machine), factor, members in cases:
        parameters, tokens = sizes[members], sizes[2]
        if members and factor > 1:
            continue  # as one network: members split the batch, and add 2 % to the exchange
        compute, exchange = step(machine, parameters, factor * tokens)
        total = compute + exchange
        yield {
            "model": model,
            "members": "4 split" if members else "one network",
            "machine": name,
            "tokens_of_a_step": factor * tokens,
            "arithmetic_ms": 1e3 * compute,
            "exchange_ms": 1e3 * exchange,
            "tokens_per_second": factor * tokens / total,
            "hours_of_the_recipe": STEPS[model] / factor * total / 3600,
        }


def main() -> int:
    """Print and write; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    args = parser.parse_args()
    found = report.show(rows())
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        content = {"utilisation": UTILISATION, "rows": found}
        args.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a step would take and hold on machines that we lack: a model on what was measured.

    python benchmarks/projection.py [--out FILE.json]

Time of a step = arithmetic / (devices x peak x utilisation) + bytes exchanged / bandwidth, or that
of making its batch where this is longer. The arithmetic is 6 flops for each weight of one network
and token of the global batch, once for every row that an example has, times what members add; an
all-reduce of g bytes among n takes 2 (n - 1) / n g over the slowest link. Memory of a device = 16
bytes a weight + activations of its tokens + logits of a chunk of the loss.

What members add, the bytes of activations and logits, and the time of a batch come out of what
`scale.py` wrote. Peaks, memories and links are those of data sheets; the utilisation is assumed.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import report
import scale

SCALE = Path(__file__).resolve().parents[1] / "docs" / "results" / "benchmarks" / "scale.json"
BLOCKS = 6  # of the encoder and the decoder that `scale.py` trained
STATE = 16  # bytes a weight, all float32: weight, gradient, both moments
UTILISATION = 0.35  # of the peak, as Transformers of this size commonly reach
HALF = 0.5  # of float32's bytes take the activations of blocks in bfloat16
FILLED = 0.9  # of a device's memory; the rest is its runtime's
VOCABULARY = 32_000
CHUNK = 64  # examples whose logits the loss holds at once, in float32


@dataclass(frozen=True)
class Model:
    """A preset of `translation.config`.

    Attributes:
        width: of the model.
        blocks: of encoder and decoder together.
        parameters: of one network and of four members, with the vocabulary above.
        steps: of the recipe, of 25,000 tokens each.
    """

    width: int
    blocks: int
    parameters: tuple[int, int]
    steps: int


@dataclass(frozen=True)
class Machine:
    """Devices that train together.

    Attributes:
        devices: how many.
        peak: bfloat16 flop/s of one.
        bandwidth: bytes a second over the slowest link of the all-reduce.
        memory: bytes of one device.
    """

    devices: int
    peak: float
    bandwidth: float
    memory: float


@dataclass(frozen=True)
class Measured:
    """What larger models are built on, out of `scale.json`.

    Attributes:
        overhead: by width, the step of four split members to that of one network.
        block: float32 bytes of activations for each target token, block and unit of width; of one
            network and of members.
        word: bytes of logits for each target token and word of the vocabulary.
        batch: seconds to make a batch, for each of its tokens.
    """

    overhead: dict[int, float]
    block: tuple[float, float]
    word: float
    batch: float

    def overhead_at(self, width: int) -> float:
        """That of the widest model measured that is no wider: it falls as models grow."""
        return self.overhead[max(known for known in self.overhead if known <= width)]


MODELS = {
    "base": Model(512, 12, (60_556_544, 61_626_368), 100_000),
    "big": Model(1024, 12, (209_161_472, 211_077_120), 300_000),
}
# Members, and rows that each example has.
MEMBERS = {"one network": (1, 1), "4 split": (4, 1), "4 shared": (4, 4)}
MACHINES = {
    "1 GPU (A100, 80 GB)": Machine(1, 312e12, float("inf"), 80e9),
    "8 GPUs (A100, NVLink 300 GB/s)": Machine(8, 312e12, 300e9, 80e9),
    "TPU v4-8 (4 chips, 32 GB, 100 GB/s)": Machine(4, 275e12, 100e9, 32e9),
    "64 hosts of 8 GPUs (25 GB/s between hosts)": Machine(512, 312e12, 25e9, 80e9),
}


def measured(content: dict) -> Measured:
    """Take from `scale.json` what the model needs.

    Memory that grows from the narrowest model to the widest is weights and activations of blocks;
    memory that grows with shared members is activations, and what blocks do not explain of it is
    logits. What does not grow (the libraries, the allocator) drops out of both differences.
    """
    sizes = {(_number(row["model"]), row["members"]): row for row in content["sizes"]}
    widths = sorted({width for width, _ in sizes})
    narrow, wide = widths[0], widths[-1]
    block = tuple(
        (_beyond_state(sizes[wide, members]) - _beyond_state(sizes[narrow, members]))
        / ((wide - narrow) * BLOCKS * scale.TOKENS)
        for members in ("one network", "4 split")
    )
    shared = [row for row in content["members"] if row["members"].endswith("shared")]
    few, many = (find(shared, key=lambda row: _number(row["members"])) for find in (min, max))
    more = _number(many["members"]) - _number(few["members"])
    token = (_beyond_state(many) - _beyond_state(few)) / (more * scale.TOKENS)
    blocks = block[1] * BLOCKS * _number(many["model"])
    return Measured(
        {
            width: sizes[width, "4 split"]["step_ms"] / sizes[width, "one network"]["step_ms"]
            for width in widths
        },
        block,
        (token - blocks) / scale.VOCABULARY,
        content["input"][0]["batch_ms"] / 1e3 / scale.TOKENS,
    )


def _number(text):
    """The number in "width 256" or "4 split"."""
    return next(int(word) for word in text.split() if word.isdigit())


def _beyond_state(row):
    """Bytes of the peak that weights, gradients and moments do not explain."""
    return row["peak_mb"] * 2**20 - STATE * row["parameters"]


def arithmetic(machine, model, members, tokens, found) -> float:
    """Seconds of a step on so many examples' tokens."""
    several, rows = MEMBERS[members]
    added = found.overhead_at(model.width) if several > 1 else 1
    flops = 6 * model.parameters[0] * rows * tokens * added
    return flops / (machine.devices * machine.peak * UTILISATION)


def exchange(machine, model, members) -> float:
    """Seconds of adding up the gradients of all devices, in float32."""
    shares = 2 * (machine.devices - 1) / machine.devices
    return shares * 4 * _weights(model, members) / machine.bandwidth


def _weights(model, members):
    return model.parameters[MEMBERS[members][0] > 1]


def token_bytes(model, members, found) -> float:
    """Bytes of the activations of one example's token, logits apart."""
    several, rows = MEMBERS[members]
    return HALF * found.block[several > 1] * model.blocks * model.width * rows


def logit_bytes(members, tokens, found) -> float:
    """Bytes of the logits of a chunk, or of all tokens of a device where these are fewer."""
    several, rows = MEMBERS[members]
    return found.word * VOCABULARY * min(rows * tokens, CHUNK * several * scale.LENGTH)


def held(model, members, tokens, found, micro_batches=1) -> float:
    """Bytes that a device holds in a step on so many tokens of its own."""
    tokens = tokens / micro_batches
    # Micro-batches add their gradients up beside those of the one at work.
    state = STATE + 4 * (micro_batches > 1)
    activations = token_bytes(model, members, found) * tokens
    return state * _weights(model, members) + activations + logit_bytes(members, tokens, found)


def rows(found):
    """Yield a row for each model, machine and global batch; the larger batch for one network."""
    cases = product(MODELS.items(), MACHINES.items(), (1, 16), MEMBERS)
    for (name, model), (where, machine), factor, members in cases:
        if factor > 1 and MEMBERS[members][0] > 1:
            continue
        tokens = 25_000 * factor
        own = tokens / machine.devices
        compute = arithmetic(machine, model, members, tokens, found)
        sums = exchange(machine, model, members)
        making = found.batch * tokens
        step = max(compute + sums, making)
        room = FILLED * machine.memory
        yield {
            "model": name,
            "members": members,
            "machine": where,
            "tokens_of_a_step": tokens,
            "arithmetic_ms": 1e3 * compute,
            "exchange_ms": 1e3 * sums,
            "input_ms": 1e3 * making,
            "tokens_per_second": tokens / step,
            "hours_of_the_recipe": model.steps / factor * step / 3600,
            "gb_of_a_device": held(model, members, own, found) / 1e9,
            "micro_batches": next(
                (k for k in range(1, 1 + tokens) if held(model, members, own, found, k) <= room),
                None,
            ),
        }


def memory(found):
    """Yield what each model holds, and the most tokens at once on a device of 80 and of 32 GB."""
    for (name, model), members in product(MODELS.items(), MEMBERS):
        token, state = token_bytes(model, members, found), STATE * _weights(model, members)
        logits = logit_bytes(members, float("inf"), found)
        yield {
            "model": name,
            "members": members,
            "parameters": _weights(model, members),
            "state_gb": state / 1e9,
            "kb_of_a_token": token / 1e3,
            "logits_gb": logits / 1e9,
            **{
                f"tokens_in_{size}_gb": int((FILLED * size * 1e9 - state - logits) / token)
                for size in (80, 32)
            },
        }


def taken(found):
    """Yield the figures out of `scale.json`."""
    for width, ratio in found.overhead.items():
        figure = f"step of 4 split members to one network's, width {width}"
        yield {"figure": figure, "value": ratio}
    for kind, value in zip(("one network", "members"), found.block, strict=True):
        yield {"figure": f"bytes of a token in a block, per unit of width: {kind}", "value": value}
    yield {"figure": "bytes of a token's logits, per word", "value": found.word}
    yield {"figure": "microseconds to make a token's part of a batch", "value": 1e6 * found.batch}


def main() -> int:
    """Print and write; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    args = parser.parse_args()
    found = measured(json.loads(SCALE.read_text(encoding="utf-8")))
    content = {"utilisation": UTILISATION, "half": HALF, "filled": FILLED}
    for name, table in (("measured", taken), ("memory", memory), ("rows", rows)):
        content[name] = report.show(table(found))
        print()
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A made corpus, prepared and trained on; models with random weights; the command line."""

import io
import random
import signal
import sys

import keras
import numpy as np
import pytest

from translation.__main__ import main
from translation.config import make_config
from translation.models.translator import build_translator
from translation.prepare import prepare
from translation.training.fit import train

WORDS = [a + b for a in ("ka", "lo", "mi", "ne") for b in ("ru", "sa", "to", "vi")]
SMALL = [
    *("encoder_layers=1", "decoder_layers=1", "width=16", "heads=2", "feedforward=32"),
    *(
        "tokens_per_batch=128",
        "buckets=1",
        "steps=6",
        "checkpoint_every=3",
        "warmup=2",
        "average=1",
    ),
]


def _write(folder, name, count, seed):
    """Pairs of made words as files: the target is the source with its words in reverse, marked."""
    draw = random.Random(seed)
    rows = [draw.choices(WORDS, k=draw.randint(3, 6)) for _ in range(count)]
    paths = folder / f"{name}.en", folder / f"{name}.de"
    for path, turn in zip(paths, (1, -1), strict=True):
        mark = "" if turn == 1 else " !"
        path.write_text("".join(f"{' '.join(row[::turn])}{mark}\n" for row in rows))
    return paths


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """A prepared folder: 200 training pairs, 12 of validation, a test set of one sentence."""
    folder = tmp_path_factory.mktemp("prepared")
    texts = {name: _write(folder, name, n, n) for name, n in (("valid", 12), ("test", 1))}
    prepare(*_write(folder, "train", 200, 0), folder / "data", vocabulary_size=60, **texts)
    return folder / "data"


@pytest.fixture(scope="session")
def small():
    """Settings of the smallest run, for `make_config` and for --set."""
    return SMALL


@pytest.fixture(scope="session")
def single(data, tmp_path_factory):
    """The folder of a run of 6 steps: a single network. Copy it before changing it."""
    out = tmp_path_factory.mktemp("runs") / "single"
    train(data, out, make_config("tiny", SMALL))
    return out


@pytest.fixture(scope="session")
def ensemble(data, tmp_path_factory):
    """The folder of a run of 6 steps: 2 members on split batches, both checkpoints averaged."""
    out = tmp_path_factory.mktemp("runs") / "ensemble"
    config = make_config("tiny", [*SMALL, "average=2"])
    train(data, out, config, ensemble_size=2, members="split")
    return out


@pytest.fixture(scope="session")
def translator():
    """A function: makes a small translator with random weights, vocabulary 30 and no dropout.

    It takes `ensemble_size` (None for plain layers), `members`, and `key=value` settings.
    """

    def make(ensemble_size=None, members="shared", *settings, vocabulary_size=30, seed=0):
        keras.utils.set_random_seed(seed)
        sizes = ("width=8", "heads=2", "feedforward=12", "encoder_layers=1", "decoder_layers=2")
        config = make_config("tiny", [*sizes, "dropout=0", *settings])
        model = build_translator(config, vocabulary_size, ensemble_size, members)
        draw = np.random.default_rng(seed)
        # Biases start at zero and scales at one: random ones show whether they are in use.
        model.set_weights([w + draw.normal(0, 0.3, w.shape) for w in model.get_weights()])
        return model

    return make


@pytest.fixture
def command(monkeypatch, capsys):
    """A function: runs the command line in this process, on what standard input holds.

    It gives the exit status, standard output and standard error.
    """
    before = signal.getsignal(signal.SIGTERM)

    def run(*words, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        status = main([str(word) for word in words])
        return status, *capsys.readouterr()

    yield run
    signal.signal(signal.SIGTERM, before)

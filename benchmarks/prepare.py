"""How fast training text is prepared, and in how much memory: as it is, and repeated.

    python benchmarks/prepare.py --source FILE... --target FILE... [--pairs FILE...]
                                 [--repeat 1 10] [--workers 1] [--note TEXT] [--out FILE.json]

Each number of copies is prepared by `be-translate prepare`, in a process of its own. Copies end
in their number, so that none is a duplicate. Prints tables and writes JSON:

- pairs a second over everything from reading to hashes; the same seconds as the processors count
  them, which is what an idle machine would take of one core; and the peak of the resident memory of
  all processes together (pages that they share count once for each), imports among it;
- the hours that 40 million pairs would take by either clock: those of the largest run, and the rest
  at the speed of the pairs that it had more than the smallest;
- static shapes, padding, and memory of the plan of an epoch, with the batches of the config
  `base`: of the text as it is, and of its lengths repeated to 40 million.

Linux alone, for its /proc.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import report

MANY = 40_000_000
ROOT = Path(__file__).resolve().parents[1]
PREPARE = [sys.executable, "-m", "translation", "prepare"]
IMPORTS = [sys.executable, "-c", "import translation.prepare"]


def repeated(pairs, copies):
    """Give the pairs once as they are, and further copies that end in their number."""
    pairs = list(pairs)
    yield from pairs
    for copy in range(2, copies + 1):
        yield from ((f"{source} {copy}", f"{target} {copy}") for source, target in pairs)


def family(pid):
    """Give the ids of a process and of all its descendants."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything; state and parent follow it.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def resident_mb(pids):
    """Give the resident memory of processes in MB; one that has ended has none."""
    pages = 0
    for pid in pids:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
    return pages * resource.getpagesize() / 1e6


def watched(words):
    """Run a command; give its seconds, those of the processors, and the peak MB of its family."""
    started, worked, peak = time.monotonic(), _cpu_seconds(), 0.0
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
        while process.poll() is None:
            peak = max(peak, resident_mb(family(process.pid)))
            time.sleep(0.05)
        if process.returncode:
            errors.seek(0)
            sys.exit(errors.read().decode(errors="replace"))
    return time.monotonic() - started, _cpu_seconds() - worked, peak


def _cpu_seconds():
    """Seconds of the processors in children that have ended, and in theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def prepared(pairs, copies, folder, args):
    """Prepare some copies of the pairs into `folder/COPIES`; give one row of the table."""
    from translation.data.splits import text_paths, write_text

    count = write_text(folder, "text", repeated(pairs, copies), progress=False)
    source, target = text_paths(folder, "text")
    words = ["--source", source, "--target", target, "--out", folder / str(copies)]
    words += ["--workers", args.workers, "--vocabulary-size", args.vocabulary_size]
    words += ["--vocabulary-pairs", args.vocabulary_pairs]
    seconds, cpu_seconds, peak = watched([*PREPARE, *map(str, words)])
    source.unlink(), target.unlink()
    size = sum(path.stat().st_size for path in (folder / str(copies)).iterdir())
    return {
        "copies": copies,
        "pairs": count,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "pairs_per_second": count / seconds,
        "peak_mb": peak,
        "data_mb": size / 1e6,
    }


def hours_of_many(rows, clock):
    """Give the hours that 40 million pairs would take.

    Args:
        rows: Runs in increasing size.
        clock: The key of their seconds.
    """
    first, last = rows[0], rows[-1]
    each = last[clock] / last["pairs"]
    if last is not first:
        each = (last[clock] - first[clock]) / (last["pairs"] - first["pairs"])
    return (last[clock] + (MANY - last["pairs"]) * each) / 3600


class Lengths:
    """A corpus of so many pairs, of which only the lengths are known: those of another, in turn."""

    def __init__(self, lengths, pairs):
        self._lengths, self._pairs = lengths, pairs

    def __len__(self):
        return self._pairs

    def lengths(self):
        """Give them, (n, 2)."""
        import numpy as np

        return np.resize(self._lengths, (self._pairs, 2))


def planned(lengths, pairs):
    """Plan an epoch; give one row of the table."""
    from translation.config import make_config
    from translation.data.batches import TokenBatches

    config = make_config("base", [])
    started = time.monotonic()
    tracemalloc.start()
    corpus = Lengths(lengths, pairs)
    training = TokenBatches(corpus, config.tokens_per_batch, config.buckets)
    training.batches(0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "pairs": pairs,
        "shapes": len(training.plan.shapes),
        "padding": training.padding,
        "seconds": time.monotonic() - started,
        "peak_mb": peak / 1e6,
    }


def main():
    """Run the benchmark as its options say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("source", "target", "pairs"):
        parser.add_argument(f"--{name}", nargs="+", default=[], metavar="FILE")
    parser.add_argument("--repeat", nargs="+", type=int, default=[1, 10], metavar="K")
    parser.add_argument("--workers", type=int, default=1, help="default: 1")
    parser.add_argument("--vocabulary-size", type=int, default=32_000, help="default: 32000")
    parser.add_argument(
        "--vocabulary-pairs",
        type=int,
        default=200_000,
        help="pairs that the vocabulary is trained on, alike for all copies; default: 200000",
    )
    parser.add_argument("--many", type=int, default=MANY, help="pairs of the large plan")
    parser.add_argument("--note", help="what else to know of the measurement, kept in the JSON")
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    args = parser.parse_args()
    if min(args.repeat) < 1 or not (args.source or args.pairs):
        parser.error("expected --source and --target, or --pairs; and --repeat from 1")

    from be_tracks.environment import environment
    from translation.data.token_shards import TokenCorpus
    from translation.preparation.sources import TextFiles

    text = TextFiles(args.source, args.target, args.pairs)
    copies = sorted(set(args.repeat))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rows = report.show(prepared(text.pairs(), one, folder, args) for one in copies)
        lengths = TokenCorpus(folder / str(copies[0]), "train").lengths()
        plans = report.show(planned(lengths, pairs) for pairs in (len(lengths), args.many))
    hours = {clock: hours_of_many(rows, clock) for clock in ("seconds", "cpu_seconds")}
    print(
        f"\n{MANY:,} pairs would take {hours['seconds']:.2f} hours with {args.workers} processes on"
        f" this machine as it was, {hours['cpu_seconds']:.2f} hours of one core"
    )
    if args.out:
        content = {
            **{"workers": args.workers, "note": args.note, "environment": environment()},
            "vocabulary_pairs": args.vocabulary_pairs,
            **{"imports_mb": watched(IMPORTS)[2], "prepared": rows, "planned": plans},
            "hours_of_40_million_pairs": hours,
        }
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

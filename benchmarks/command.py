"""What the benchmark commands share: their options, the number of threads, the JSON file."""

import argparse
import json
import os
from pathlib import Path

import be_tracks  # noqa: F401  a quiet start of TensorFlow


def parser(description, runs):
    """A parser with `--runs`, `--threads` and `--out`; `runs` is the default of the first."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--runs", type=int, default=runs, help=f"pairs of runs; default: {runs}")
    made.add_argument("--threads", type=int, default=2, help="of TensorFlow; default: 2")
    made.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    return made


def parse(made):
    """Parse and check the arguments, and set the number of threads, before a backend starts."""
    args = made.parse_args()
    if args.runs < 2 or args.threads < 1:
        made.error(f"expected --runs from 2, --threads from 1; got {args.runs}, {args.threads}")
    # Backends read these when they are imported, so nothing may have imported one yet.
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(args.threads)
    return args


def write(args, content):
    """Write `content` to `args.out` if there is one, with how it was measured."""
    from be_tracks.environment import environment

    if args.out:
        how = {"runs": args.runs, "threads": args.threads, "environment": environment()}
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({**how, **content}, indent=1) + "\n", encoding="utf-8")

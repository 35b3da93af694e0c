"""How much memory preparing WMT14 EN-FR takes through tensorflow-datasets, on made raw files.

    python benchmarks/tfds_memory.py [--pairs 100000 1000000 5000000] [--out FILE.json]

The real builder makes its dataset of made files in place of downloaded ones; giga-fren, the largest
part, has as many pairs as is said, of some 145 bytes a side. Each size is prepared twice, in a
process of its own: as `be-translate prepare` does, line by line, and by the builder's own code, for
the smaller sizes. Shows the peak of the resident memory and how much of it imports took.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import report

import be_tracks  # noqa: F401  a quiet start of TensorFlow

OWN_CODE_UP_TO = 1_000_000  # pairs: beyond, the builder's own code takes gigabytes
BLOCK = 10_000  # pairs that are compressed once and repeated
SMALL = "".join(f"sentence {number}\n" for number in range(100)).encode()
SGML = "".join(f'<seg id="{number}">sentence {number}</seg>\n' for number in range(1, 101))


def make_raw(folder, pairs):
    """Write the raw files where the builder looks for them; gives what stands for unpacking."""
    import tensorflow_datasets as tfds
    import tree
    from tensorflow_datasets.translate.wmt import DATASET_MAP

    def unpack(urls):
        return tree.map_structure(lambda url: folder / url.rsplit("/", 1)[-1], urls)

    block = "".join(f"{n:06d} {'a sentence of some length ' * 5}\n" for n in range(BLOCK))
    compressed = gzip.compress(block.encode(), 1)  # .gz files may be written one after another
    builder = tfds.builder("wmt14_translate/fr-en", data_dir=folder)
    for subset in (subset for split in builder.subsets.values() for subset in split):
        subset = DATASET_MAP[subset]
        (home,) = unpack(subset.get_url("fr"))
        for name in subset.get_path("fr"):
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "wb") as file:
                if name.endswith(".gz"):
                    for _ in range(pairs // BLOCK):
                        file.write(compressed)
                else:
                    file.write(SGML.encode() if name.endswith(".sgm") else SMALL)
    return unpack


def measure(pairs, reader):
    """Prepare so many pairs in this process; gives a row."""
    import tensorflow_datasets as tfds

    from translation.preparation.tfds_streaming import streamed

    tfds.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        unpack = make_raw(Path(folder) / "raw", pairs)
        tfds.download.DownloadManager.download_and_extract = lambda _, urls: unpack(urls)
        builder = tfds.builder("wmt14_translate/fr-en", data_dir=Path(folder) / "data")
        if reader == "line by line":
            builder = streamed(builder)
        before, began = _peak_mb(), time.monotonic()
        builder.download_and_prepare()
        return {
            "reader": reader,
            "pairs": pairs,
            "imports_mb": before,
            "peak_mb": _peak_mb(),
            "seconds": time.monotonic() - began,
            "cpu_seconds": time.process_time(),
        }


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def rows(sizes):
    """Yield a row for each size and reader, each of a process of its own."""
    for reader in ("line by line", "tensorflow-datasets' own"):
        for pairs in sizes:
            if reader == "line by line" or pairs <= OWN_CODE_UP_TO:
                words = [sys.executable, __file__, "--case", reader, "--pairs", str(pairs)]
                found = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
                yield json.loads(found.stdout.splitlines()[-1])


def main():
    """Measure every size, or, for `--case`, one in this process."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if wrong := [pairs for pairs in args.pairs if pairs < BLOCK or pairs % BLOCK]:
        parser.error(f"expected --pairs in multiples of {BLOCK}; got {wrong[0]}")
    if args.case:
        print(json.dumps(measure(args.pairs[0], args.case)))
        return
    prepared = report.show(rows(args.pairs))
    if args.out:
        from be_tracks.environment import environment

        content = {"environment": environment(), "prepared": prepared}
        args.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

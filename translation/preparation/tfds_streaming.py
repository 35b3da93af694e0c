"""WMT in tensorflow-datasets without a corpus in memory: its builder, reading line by line.

Takes a builder, gives one that prepares the same files, byte for byte. The builder's own code reads
both sides of a sub-dataset whole: about 10 GB for giga-fren, a part of EN-FR.
tensorflow-datasets is imported when a builder comes.
"""

import gzip
import os
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import cycle, zip_longest

from translation.data.text import Pair


def streamed(builder):
    """Give a builder of the same dataset whose memory does not grow with parallel text.

    Args:
        builder: of tensorflow-datasets. One that is no `WmtTranslate` is given back as it is.

    Its `download_and_prepare` raises AssertionError where two files differ in their numbers of
    lines, and else what the builder's own would.
    """
    from tensorflow_datasets.translate.wmt import WmtTranslate

    if not isinstance(builder, WmtTranslate):
        return builder
    return _streamed_class(type(builder))(
        data_dir=builder.data_dir_root, config=builder.builder_config, version=builder.version
    )


@cache
def _streamed_class(kind: type) -> type:
    """Derive a class from a class of WMT builders."""

    class Streamed(kind, skip_registration=True):
        # Both are written beside the data, and looked for when it is read.
        name = kind.name
        __module__ = kind.__module__

        def _generate_examples(self, split_subsets, extraction_map):
            languages = self.builder_config.language_pair
            for subset in split_subsets:
                files = _text_files(subset, languages, extraction_map[subset])
                if files is None:
                    yield from super()._generate_examples([subset], extraction_map)
                    continue
                for number, pair in enumerate(_pairs(files, extraction_map[subset])):
                    if all(pair):
                        # The key gives a pair its place among the shuffled ones.
                        yield f"{subset}/0/{number}", dict(zip(languages, pair, strict=True))

    return Streamed


def _text_files(subset: str, languages: Pair, folders: Sequence[str]) -> list[str] | None:
    """Find the two text files of a sub-dataset.

    Gives None for any other form, and where a file is missing: the builder's own code says so.
    """
    from tensorflow_datasets.translate.wmt import DATASET_MAP

    names = DATASET_MAP[subset].get_path(languages[0])
    if len(names) != 2:
        return None
    # In a folder each, or both in one.
    files = [os.path.join(folder, name) for folder, name in zip(cycle(folders), names)]
    ends = [(f".{language}", f".{language}.gz") for language in languages]
    if all(map(str.endswith, files, ends)) and all(map(os.path.isfile, files)):
        return files
    return None


def _pairs(files: Sequence[str], folders: Sequence[str]) -> Iterator[Pair]:
    """Read two files in step."""
    sides = zip_longest(*map(_sentences, files))
    for number, pair in enumerate(sides):
        if None in pair:
            counts = [number, number + 1 + sum(1 for _ in sides)]
            got = zip(counts if pair[0] is None else counts[::-1], files, strict=True)
            unpacked = " and ".join(map(os.path.basename, dict.fromkeys(folders)))
            raise AssertionError(
                "expected as many lines in both files, got"
                f" {' and '.join(f'{count} in {os.path.basename(file)}' for count, file in got)};"
                f" delete {unpacked} from downloads/extracted beside the dataset and repeat the"
                " command"
            )
        yield pair


def _sentences(file: str) -> Iterator[str]:
    r"""Give what lies between the "\n" of a file, and an empty sentence after the last one."""
    line = b"\n"
    with gzip.open(file) if file.endswith(".gz") else open(file, "rb") as stream:
        for line in stream:
            yield line.removesuffix(b"\n").decode()
    if line.endswith(b"\n"):
        yield ""

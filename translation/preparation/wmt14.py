"""WMT14, English with German or French: its parts, from tensorflow-datasets or from raw files.

Takes a pair of languages, gives a source of pairs for each split: what that year's systems were
trained on, newstest2013 for validation, newstest2014 in full for testing.
"""

from pathlib import Path

from be_tracks.errors import UserError
from translation.preparation.sources import Source, TextFiles
from translation.preparation.tfds import TfdsPairs

FOREIGN = ("de", "fr")
# Of validation and test text; the WMT site gives newstest2014 in a shortened form too (2,737 pairs
# of German), on which scores do not compare with published ones.
PAIRS = {"valid": ("newstest2013", 3000), "test": ("newstest2014", 3003)}

# Files by the archive they come in: {0} is the foreign language, {1} a file's own.
_TRAIN = {
    "training-parallel-europarl-v7.tgz": "europarl-v7.{0}-en.{1}",
    "training-parallel-commoncrawl.tgz": "commoncrawl.{0}-en.{1}",
    "training-parallel-nc-v9.tgz": "news-commentary-v9.{0}-en.{1}",
}
_TRAIN_FRENCH = {
    "training-parallel-un.tgz": "undoc.2000.{0}-en.{1}",
    "training-giga-fren.tar": "giga-fren.release2.fixed.{1}",
}
_SPLITS = {"train": "train", "valid": "validation", "test": "test"}


def wmt14(
    pair: str, raw: str | Path | None = None, data_dir: str | Path | None = None
) -> dict[str, Source]:
    """Give the sources of the splits train, valid and test.

    Args:
        pair: such as "en-de", the source language first.
        raw: a folder with the unpacked raw files, in any sub-folders, plain or .gz; None for
            tensorflow-datasets.
        data_dir: where tensorflow-datasets keeps its data; None is its default.

    Raises:
        UserError: another pair, or raw files that are not there.
    """
    languages = tuple(pair.split("-"))
    foreign = next((language for language in languages if language != "en"), None)
    if sorted(languages) != sorted(("en", str(foreign))) or foreign not in FOREIGN:
        raise UserError(f"expected --pair en-de or en-fr (or from the other side), got {pair!r}.")
    if raw is not None:
        return _raw(Path(raw), languages, foreign)
    instead = "unpack the raw files of WMT14 into a folder and name it with --raw"
    return {
        # Its configs name the foreign language first, for whichever direction.
        split: TfdsPairs(f"wmt14_translate/{foreign}-en", name, languages, data_dir, instead)
        for split, name in _SPLITS.items()
    }


def unusual_counts(splits: dict[str, dict]) -> list[str]:
    """Say of validation and test text whether it is what it should be; nothing where it is.

    Args:
        splits: of a card, `{split: {"pairs": ...}}`.
    """
    return [
        f"{name} in full has {pairs:,} pairs, got {splits[split]['pairs']:,}: scores will not"
        " compare with those of others"
        for split, (name, pairs) in PAIRS.items()
        if split in splits and splits[split]["pairs"] != pairs
    ]


def _raw(folder: Path, languages: tuple[str, str], foreign: str) -> dict[str, Source]:
    """Find the raw files."""
    archives = _TRAIN | (_TRAIN_FRENCH if foreign == "fr" else {})
    names = [
        [name.format(foreign, language) for name in archives.values()] for language in languages
    ]
    source, target = languages
    tests = [
        f"newstest2014-{foreign}en-{role}.{language}.sgm"
        for role, language in (("src", source), ("ref", target))
    ]
    wanted = {
        "train": names,
        "valid": [[f"newstest2013.{language}"] for language in languages],
        "test": [[name] for name in tests],
    }
    found = {path.name: path for path in sorted(folder.rglob("*")) if path.is_file()}
    # A folder of all of WMT14 has the shortened test set as well, under the same name.
    found |= {path.name: path for path in sorted(folder.rglob("test-full/*"))}
    found = {name.removesuffix(".gz"): path for name, path in found.items()}
    missing = [
        name for sides in wanted.values() for side in sides for name in side if name not in found
    ]
    if missing:
        raise UserError(
            f"{folder}: expected the raw files of WMT14, unpacked, but {', '.join(missing)}"
            f" {'is' if len(missing) == 1 else 'are'} not in it; they come in"
            f" {', '.join(archives)}, dev.tgz and test-full.tgz of"
            " https://www.statmt.org/wmt14/translation-task.html. For a part of them, name files"
            " with --source and --target instead."
        )
    return {
        split: TextFiles(*([found[name] for name in side] for side in sides))
        for split, sides in wanted.items()
    }

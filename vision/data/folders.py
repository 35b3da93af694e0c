"""Reads folders of pictures: one folder a class, or as Tiny ImageNet comes.

`FOLDER/train/<class>/*.jpg` and `FOLDER/test/<class>/*.jpg`, the latter also called `val` or
`validation`; a folder of classes without these is one split, `test`. Tiny ImageNet has
`wnids.txt`, `words.txt`, `train/<wnid>/images/*.JPEG`, `val/images/*.JPEG` and
`val/val_annotations.txt`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError
from vision.data.images import Images
from vision.data.lazy import LazyImages, common_shape, gather, too_large

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
TEST_NAMES = ("test", "val", "validation")
ANNOTATIONS = "val_annotations.txt"


@dataclass(frozen=True)
class Listing:
    """The pictures of one split, none of them opened.

    Attributes:
        place: the folder they lie in.
        paths: N paths.
        labels: int32 `(N,)`.
        class_names: C names.
    """

    place: Path
    paths: list[str]
    labels: np.ndarray
    class_names: tuple[str, ...]


def read_folder(folder: str | Path, split: str, size: int | None = None) -> Images | LazyImages:
    """Read the pictures of one split; the classes are numbered in the order of their folders.

    All pictures of both splits being grey, the images have one channel, else three. Where the
    larger split takes more than 4 GB decoded, either is decoded when its images are asked for.

    Args:
        folder: laid out as the module says.
        split: "train" or "test".
        size: height and width: the shorter side is resized to it and the middle cut out. None
            takes the pictures as they are, which must have one size.

    Raises:
        UserError: there is no such split, a folder holds no pictures, the splits differ in their
            classes, a picture cannot be read (it is named), or the pictures differ in size and
            none is given.
    """
    folder = Path(folder)
    listings = list_folder(folder)
    if split not in listings:
        raise UserError(
            f"expected a split {split} in {folder}; got {', '.join(listings) or 'none'}. "
            f"Put the folders of classes into train, and into {' or '.join(TEST_NAMES)}; without "
            "these they are the split test."
        )
    found = listings[split]
    everything = [path for listing in listings.values() for path in listing.paths]
    shape = common_shape(everything, size, folder.name)
    lazy = too_large(max(len(listing.paths) for listing in listings.values()), shape)
    return gather(found.paths, found.labels, found.class_names, shape, folder.name, lazy)


def list_folder(folder: Path) -> dict[str, Listing]:
    """Find the splits of a folder of pictures, "train" or "test" or both.

    Raises:
        UserError: there are no pictures, a class has none, or the splits differ in their classes.
    """
    if (folder / "wnids.txt").exists():
        return _tiny_imagenet(folder)
    listings = {}
    if (folder / "train").is_dir():
        listings["train"] = _list_classes(folder / "train")
    tests = [folder / name for name in TEST_NAMES if _folders_in(folder / name)]
    if tests:
        listings["test"] = _list_classes(tests[0])
    if not listings:
        listings["test"] = _list_classes(folder)
    _check_classes(listings)
    return listings


def _list_classes(place):
    classes = _folders_in(place)
    if not classes:
        raise UserError(
            f"expected folders of pictures in {place}, one for each class; got none. Pictures end "
            f"in {', '.join(ENDINGS)}."
        )
    return _listing(place, {str(path): _pictures_in(path) for path in classes}, _names_of(classes))


def _listing(place, pictures, names):
    """One split; `pictures` are the paths of each class, by where they were looked for."""
    for looked, found in pictures.items():
        if not found:
            raise UserError(
                f"expected pictures in {looked}; got none that ends in {', '.join(ENDINGS)}. "
                "Remove the folder if it is no class."
            )
    counts = [len(found) for found in pictures.values()]
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return Listing(place, [path for found in pictures.values() for path in found], labels, names)


def _check_classes(listings):
    if len(listings) < 2:
        return
    train, test = listings["train"], listings["test"]
    for one, other in ((train, test), (test, train)):
        alone = sorted(set(one.class_names) - set(other.class_names))
        if alone:
            raise UserError(
                f"expected the same classes in {train.place} and {test.place}; got "
                f"{len(train.class_names)} and {len(test.class_names)}: {alone[0]} is only in "
                f"{one.place}."
            )


def _tiny_imagenet(folder):
    ids = sorted(_lines(folder / "wnids.txt"))
    words = _lines(folder / "words.txt") if (folder / "words.txt").exists() else []
    said = dict(line.split("\t", 1) for line in words if "\t" in line)
    names = tuple(said.get(each, each) for each in ids)
    train, val = folder / "train", folder / "val"
    listings = {}
    if train.is_dir():
        pictures = {str(train / each): _pictures_in(train / each) for each in ids}
        listings["train"] = _listing(train, pictures, names)
    if (val / ANNOTATIONS).exists():
        pictures = {f"{val / 'images'} of the class {each}": [] for each in ids}
        by_class = dict(zip(ids, pictures.values(), strict=True))
        for line in _lines(val / ANNOTATIONS):
            file, _, rest = line.partition("\t")
            wnid = rest.partition("\t")[0]
            if wnid not in by_class:
                raise UserError(
                    f"expected a file and a class of {folder / 'wnids.txt'} in each line of "
                    f"{val / ANNOTATIONS}; got {line!r}. Fetch Tiny ImageNet again."
                )
            by_class[wnid].append(str(val / "images" / file))
        listings["test"] = _listing(val, pictures, names)
    return listings


def _folders_in(place):
    """The folders in a folder, sorted by name; none where there is no such folder."""
    if not place.is_dir():
        return []
    return sorted(path for path in place.iterdir() if path.is_dir() and path.name[0] != ".")


def _names_of(folders):
    return tuple(path.name for path in folders)


def _pictures_in(place):
    """The paths of the pictures of a class, sorted by name, as text, which takes less room.

    They lie in its folder, or in `images` there.
    """
    for folder in (place, place / "images"):
        if not folder.is_dir():
            continue
        with os.scandir(folder) as entries:
            found = sorted(
                entry.path
                for entry in entries
                if entry.name.lower().endswith(ENDINGS) and not entry.name.startswith(".")
            )
        if found:
            return found
    return []


def _lines(path):
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"expected a readable text file; got {path}: {error}.") from None

"""Labelled images that stay encoded, on disk or in records, until they are asked for.

ImageNet decoded is 190 GB: `LazyImages` stands in for `vision.data.images.Images` where a set is
too large for memory, and `gather` chooses between the two.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from be_tracks.errors import UserError
from vision.data.decode import GREY_MODES, central_box, opened, random_box, render
from vision.data.images import Images, check_labels, draw_some

MEMORY_LIMIT = 4 * 1024**3  # bytes of decoded images
CHUNK = 256  # images that are asked for at a time
CENTRE = 224 / 256  # of the shorter side, what a picture is cropped to when it is not drawn


class LazyImages:
    """N labelled images that are decoded in threads, in every call anew.

    Attributes:
        labels: int32 `(N,)`, each the place of its class in `class_names`.
        class_names: C names.
        shape: Height, width and channels of every image.

    Args:
        contents: N paths, or N times the bytes of a file; index i gives one.
        labels: integers `(N,)`.
        class_names: C names.
        shape: What pictures are cropped and resized to.
        name: What messages call the set.

    Raises:
        UserError: the counts differ, or a label lies outside 0 to C - 1.
    """

    def __init__(
        self,
        contents: Sequence[str] | Sequence[bytes],
        labels: np.ndarray,
        class_names: Sequence[str],
        shape: tuple[int, int, int],
        name: str,
    ):
        self.labels, self.class_names = labels.astype(np.int32), tuple(class_names)
        check_labels(labels, len(contents), len(self.class_names))
        self.shape, self._name = tuple(shape), name
        self._contents, self._places = contents, np.arange(len(contents))

    def __len__(self) -> int:
        return len(self._places)

    def pixels(self, chosen: np.ndarray, draw: np.random.Generator | None = None) -> np.ndarray:
        """Decode the images of these numbers.

        Args:
            chosen: integers `(n,)`, 0 to N - 1.
            draw: draws a crop of 8 to 100 % of each picture and mirrors every second one
                (Szegedy et al., CVPR 2015); None takes the middle, 224/256 of the shorter side,
                or the whole of a picture that has the size already.

        Returns:
            uint8 `(n, H, W, channels)`.

        Raises:
            UserError: an image cannot be read; it is named.
        """
        places = self._places[np.asarray(chosen)]
        # One number each: which thread comes first must not matter.
        seeds = [None] * len(places) if draw is None else draw.integers(2**63, size=len(places))
        with ThreadPoolExecutor() as pool:
            return np.stack(list(pool.map(self._decode, places, seeds)))

    def select(self, chosen: np.ndarray) -> "LazyImages":
        """Give the images of these numbers `(n,)`, in their order; a number may come twice."""
        part = object.__new__(LazyImages)
        part.__dict__.update(self.__dict__)
        part.labels, part._places = self.labels[chosen], self._places[chosen]
        return part

    def take(self, n: int, seed: int) -> "LazyImages":
        """Draw n of the images without repeats, as `Images.take` does."""
        return self.select(draw_some(len(self), n, seed))

    def _decode(self, place, seed):
        height, width, _ = self.shape
        with _open(self._contents, place, self._name) as picture:
            if seed is None:
                share = 1.0 if picture.size == (width, height) else CENTRE
                box = central_box(picture.size, height, width, share)
                return render(picture, box, self.shape)
            draw = np.random.default_rng(seed)
            mirror = draw.random() < 0.5
            image = render(picture, random_box(picture.size, draw), self.shape)
            return image[:, ::-1] if mirror else image


def gather(
    contents: Sequence[str] | Sequence[bytes],
    labels: np.ndarray,
    class_names: Sequence[str],
    shape: tuple[int, int, int],
    name: str,
    lazy: bool,
) -> Images | LazyImages:
    """Give labelled images, decoded or to be decoded.

    Args:
        contents, labels, class_names, name: as `LazyImages` takes them.
        shape: of the images. Decoded at once, they are the largest middle part of that shape.
        lazy: whether to decode later; see `too_large`.

    Raises:
        UserError: as `LazyImages`, or an image cannot be read; it is named.
    """
    if lazy:
        return LazyImages(contents, labels, class_names, shape, name)
    check_labels(labels, len(contents), len(class_names))
    images = np.empty((len(contents), *shape), np.uint8)

    def fill(i):
        with _open(contents, i, name) as picture:
            images[i] = render(picture, central_box(picture.size, *shape[:2]), shape)

    with ThreadPoolExecutor() as pool, _bar(contents, name) as bar:
        for start in range(0, len(contents), CHUNK):
            chunk = range(start, min(start + CHUNK, len(contents)))
            bar.update(len(list(pool.map(fill, chunk))))
    return Images(images, labels.astype(np.int32), tuple(class_names))


def too_large(count: int, shape: tuple[int, int, int]) -> bool:
    """Whether so many images of that shape take more than 4 GB decoded."""
    return count * int(np.prod(shape)) > MEMORY_LIMIT


def common_shape(
    contents: Sequence[str] | Sequence[bytes], size: int | None, name: str
) -> tuple[int, int, int]:
    """Give the shape for pictures: one channel where all are grey, else three.

    Args:
        contents: as `LazyImages` takes them, at least one; only the beginnings are read.
        size: height and width; None takes the pictures' own.
        name: what messages call the set.

    Raises:
        UserError: a picture cannot be read, or there is no size and the pictures differ in it.
    """

    def look(i):
        with _open(contents, i, name) as picture:
            return picture.size, picture.mode in GREY_MODES

    grey, first = True, look(0)[0]
    with ThreadPoolExecutor() as pool, _bar(contents, name) as bar:
        for start in range(0, len(contents), CHUNK):
            chunk = range(start, min(start + CHUNK, len(contents)))
            for i, (found, is_grey) in zip(chunk, pool.map(look, chunk), strict=True):
                grey = grey and is_grey
                if size is None and found != first:
                    raise UserError(
                        f"expected images of one size; {_name(contents[0], 0, name)} has "
                        f"{first[1]} x {first[0]} pixels and {_name(contents[i], i, name)} "
                        f"{found[1]} x {found[0]}. Give the size wanted, such as --size 64."
                    )
            bar.update(len(chunk))
            if size is not None and not grey:
                break
    height, width = (first[1], first[0]) if size is None else (size, size)
    return height, width, 1 if grey else 3


def _open(contents, place, name):
    content = contents[int(place)]
    return opened(content, _name(content, place, name))


def _name(content, place, name):
    return content if isinstance(content, str) else f"image {place} of {name}"


def _bar(contents, name):
    return tqdm(total=len(contents), unit="image", desc=name, leave=False)

"""Boxes by their geometry, and pictures cut and resized against what Pillow gives for each step."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from be_tracks.errors import UserError
from vision.data.decode import central_box, opened, random_box, render

SIDES = st.integers(1, 500)


def encoded(picture, format="png", **options):
    """What a file of a picture holds."""
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def noise(height, width, channels=3, seed=0):
    array = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    return Image.fromarray(array[..., 0] if channels == 1 else array)


@pytest.mark.parametrize(
    ("size", "target", "share", "box"),
    [
        ((8, 4), (1, 1), 1.0, (2, 0, 6, 4)),
        ((4, 8), (3, 3), 1.0, (0, 2, 4, 6)),
        ((8, 8), (2, 2), 0.5, (2, 2, 6, 6)),
        ((12, 6), (2, 3), 1.0, (1.5, 0, 10.5, 6)),
        ((256, 300), (224, 224), 0.875, (16, 38, 240, 262)),
    ],
)
def test_the_middle_of_a_picture(size, target, share, box):
    assert central_box(size, *target, share) == pytest.approx(box)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(SIDES, SIDES, st.integers(0, 99))
def test_random_boxes_lie_within_and_keep_their_proportions(width, height, seed):
    left, top, right, bottom = random_box((width, height), np.random.default_rng(seed))
    assert -1e-9 <= left <= right <= width + 1e-9 and -1e-9 <= top <= bottom <= height + 1e-9
    assert 3 / 4 - 1e-9 <= (right - left) / (bottom - top) <= 4 / 3 + 1e-9


def test_random_boxes_are_of_all_areas_and_everywhere():
    draw = np.random.default_rng(0)
    boxes = np.array([random_box((100, 100), draw) for _ in range(2000)])
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) / 100**2
    assert 0.08 <= areas.min() < 0.1 and 0.95 < areas.max() <= 1
    counts = np.histogram(areas, bins=3, range=(0.08, 0.74))[0]  # larger ones may not fit
    assert counts.min() > 0.8 * counts.max()
    for before, after in ((boxes[:, 0], 100 - boxes[:, 2]), (boxes[:, 1], 100 - boxes[:, 3])):
        assert abs(before.mean() - after.mean()) < 1.5 and np.corrcoef(before, after)[0, 1] < 0.9


def test_a_whole_picture_stays():
    picture = noise(5, 7)
    with opened(encoded(picture), "x") as found:
        np.testing.assert_array_equal(render(found, (0, 0, 7, 5), (5, 7, 3)), np.asarray(picture))


def test_a_part_is_cut_out_and_resized():
    picture = noise(20, 30)
    with opened(encoded(picture), "x") as found:
        cut = render(found, (4, 6, 20, 14), (4, 8, 3))
    expected = picture.crop((4, 6, 20, 14)).resize((8, 4), Image.Resampling.BILINEAR)
    # At the edges Pillow looks a pixel beyond the box.
    np.testing.assert_array_equal(cut[1:-1, 1:-1], np.asarray(expected)[1:-1, 1:-1])
    assert np.abs(cut - np.asarray(expected, float)).max() < 60


@settings(max_examples=50, deadline=None, derandomize=True)
@given(SIDES, SIDES, st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
def test_no_box_is_cut_over_the_edge(width, height, to_height, to_width, seed):
    content = encoded(Image.new("L", (width, height), 77), "jpeg")
    draw = np.random.default_rng(seed)
    middle = central_box((width, height), to_height, to_width)
    for box in (middle, random_box((width, height), draw)):
        with opened(content, "x") as picture:
            image = render(picture, box, (to_height, to_width, 1))
        assert np.abs(image.astype(int) - 77).max() <= 1


def test_a_large_jpeg_is_decoded_small_to_nearly_the_same():
    smooth = noise(10, 10).resize((640, 480), Image.Resampling.BICUBIC)
    content = encoded(smooth, "jpeg", quality=95)
    with opened(content, "x") as picture:
        found = render(picture, (80, 0, 560, 480), (24, 24, 3))
        assert picture.size < (640, 480)
    whole = Image.open(io.BytesIO(content)).resize(
        (24, 24), Image.Resampling.BILINEAR, (80, 0, 560, 480)
    )
    assert np.abs(found.astype(int) - np.asarray(whole)).mean() < 2


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_mode_becomes_colour_or_grey(mode):
    format = "tiff" if mode == "CMYK" else "png"
    content = encoded(Image.new("RGB", (3, 2), (255, 255, 255)).convert(mode), format)
    for channels in (1, 3):
        with opened(content, "x") as picture:
            image = render(picture, (0, 0, 3, 2), (2, 3, channels))
        assert image.dtype == np.uint8 and image.shape == (2, 3, channels)
        np.testing.assert_array_equal(image, 255)


def test_a_palette_with_transparent_colours_does_not_warn(recwarn):
    picture = noise(4, 4).convert("P", palette=Image.Palette.ADAPTIVE)
    content = encoded(picture, transparency=bytes(range(16)))
    with opened(content, "x") as found:
        render(found, (0, 0, 4, 4), (4, 4, 3))
    assert not recwarn.list


def test_wide_pixels_are_refused(tmp_path):
    wide = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
    wide.save(tmp_path / "wide.png")
    with pytest.raises(UserError, match="8 bits a pixel in .*wide.png; got the mode I;16"):
        with opened(str(tmp_path / "wide.png"), str(tmp_path / "wide.png")):
            pass


@pytest.mark.parametrize("format", ["png", "jpeg", "gif", "webp", "ppm"])
def test_broken_pictures_are_named(format):
    content = encoded(noise(64, 64), format)
    for broken in (b"", b"not a picture", content[: len(content) // 2]):
        with pytest.raises(UserError, match="picture 7 cannot be read: .*or remove it"):
            with opened(broken, "picture 7") as picture:
                render(picture, (0, 0, 64, 64), (64, 64, 3))
    with pytest.raises(UserError, match="nowhere.png cannot be read"):
        with opened("/nowhere.png", "nowhere.png"):
            pass


UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("format", ["png", "webp", "tiff", "jpeg"])
def test_pictures_stand_upright_as_their_exif_says(format, orientation):
    stored, exif = noise(16, 24), Image.Exif()
    exif[0x0112] = orientation
    lossless = {"webp": {"lossless": True}}.get(format, {})
    content = encoded(stored, format, exif=exif, **lossless)
    with Image.open(io.BytesIO(encoded(stored, format, **lossless))) as plain:
        expected = UPRIGHT[orientation](np.asarray(plain.convert("RGB")))
    height, width = expected.shape[:2]
    with opened(content, "x") as picture:
        assert picture.size == (width, height)
        found = render(picture, (0, 0, width, height), (height, width, 3))
    np.testing.assert_array_equal(found, expected)


def test_exif_data_that_cannot_be_read_does_no_harm():
    stored = noise(4, 6)
    for exif in (b"Exif\0\0", b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"):
        with opened(encoded(stored, "png", exif=exif), "x") as picture:
            found = render(picture, (0, 0, 6, 4), (4, 6, 3))
        np.testing.assert_array_equal(found, np.asarray(stored))

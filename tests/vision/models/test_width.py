"""The factor on filters and units: rounded, and refused where it makes no sense."""

import pytest

from vision.models.width import widened


@pytest.mark.parametrize(
    ("filters", "width", "expected"),
    [(16, 1.0, 16), (16, 10, 160), (12, 1 / 16, 1), (64, 0.3, 19), (4, 1 / 16, 1)],
)
def test_filters_are_rounded_and_at_least_one(filters, width, expected):
    found = widened(filters, width)
    assert (found, type(found)) == (expected, int)


@pytest.mark.parametrize("width", [0.06, 0.0, -1.0, float("nan"), float("inf")])
def test_widths_that_make_no_sense(width):
    with pytest.raises(ValueError, match=f"1/16 or more, and finite. Received: width={width}"):
        widened(16, width)

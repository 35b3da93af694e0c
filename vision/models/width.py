"""The width of a network: one factor on all its filters and units."""

NARROWEST = 1 / 16


def widened(filters, width):
    """Give a published number of filters or units times the width, rounded, at least 1.

    Raises:
        ValueError: the width is below 1/16, infinite or no number.
    """
    if not NARROWEST <= width < float("inf"):
        raise ValueError(f"`width` must be 1/16 or more, and finite. Received: width={width}")
    return max(1, round(filters * width))

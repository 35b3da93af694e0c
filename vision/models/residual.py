"""What residual networks share, whatever the order in their blocks: convolutions, and stages."""

from typing import NamedTuple


class Convolution(NamedTuple):
    """A convolution of a block: how many filters, of size x size, at which strides."""

    filters: int
    size: int
    strides: int


def basic(filters, strides):
    """Two 3x3 convolutions, the first one strided (He et al., CVPR 2016)."""
    return [Convolution(filters, 3, strides), Convolution(filters, 3, 1)]


def bottleneck(filters, strides, strided=1):
    """Convolutions of 1x1, 3x3 and 1x1, the last four times as wide (He et al., CVPR 2016).

    `strided` is the place of the convolution with strides: 0 as published, or 1, the 3x3 one,
    which loses no pixels.
    """
    plan = ((filters, 1), (filters, 3), (4 * filters, 1))
    return [
        Convolution(count, size, strides if place == strided else 1)
        for place, (count, size) in enumerate(plan)
    ]


def stages(factory, rows, block, convolutions, filters, blocks):
    """Stages of blocks; all but the first halve height and width.

    Args:
        factory: Gives the layers; see `vision.models.layer_factory`.
        rows: `(R, H, W, D)`.
        block: From factory, rows, convolutions and a name to rows.
        convolutions: From filters and strides to those of a block: `basic` or `bottleneck`.
        filters: Of each stage.
        blocks: How many each stage has.

    Returns:
        Rows of the last block.
    """
    for stage, (width, count) in enumerate(zip(filters, blocks, strict=True)):
        for place in range(count):
            strides = 2 if stage and not place else 1
            name = f"stage_{stage}_block_{place}"
            rows = block(factory, rows, convolutions(width, strides), name)
    return rows


def blocks_of(depth, layers):
    """How many blocks each of three stages has at a depth, counting `layers` of a block.

    Raises:
        ValueError: no such depth.
    """
    blocks, rest = divmod(depth - 2, 3 * layers)
    if blocks < 1 or rest:
        known = ", ".join(str(3 * layers * n + 2) for n in (1, 2, 3))
        raise ValueError(
            f"`depth` must be {3 * layers} n + 2: {known}, ... Received: depth={depth}"
        )
    return blocks

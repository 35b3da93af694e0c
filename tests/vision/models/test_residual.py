"""What residual networks share: the convolutions of a block, stages, and depths."""

import pytest

from vision.models.residual import Convolution, basic, blocks_of, bottleneck, stages


def test_convolutions_of_a_block():
    assert basic(8, 2) == [(8, 3, 2), (8, 3, 1)]
    assert bottleneck(8, 2) == [(8, 1, 1), (8, 3, 2), (32, 1, 1)]
    assert bottleneck(8, 2, strided=0) == [(8, 1, 2), (8, 3, 1), (32, 1, 1)]
    assert all(isinstance(each, Convolution) for each in basic(8, 1) + bottleneck(8, 1))


def test_stages_halve_at_their_first_block_but_for_the_first_stage():
    def block(factory, rows, convolutions, name):
        return [*rows, (factory, convolutions, name)]

    found = stages("factory", [], block, lambda *given: given, (16, 32), (1, 2))
    assert found == [
        ("factory", (16, 1), "stage_0_block_0"),
        ("factory", (32, 2), "stage_1_block_0"),
        ("factory", (32, 1), "stage_1_block_1"),
    ]


def test_stages_need_blocks_for_each():
    with pytest.raises(ValueError, match="shorter"):
        stages(None, [], lambda *given: given, basic, (16, 32), (1,))


@pytest.mark.parametrize(
    ("depth", "layers", "expected"), [(8, 2, 1), (20, 2, 3), (110, 2, 18), (11, 3, 1), (164, 3, 18)]
)
def test_blocks_at_a_depth(depth, layers, expected):
    assert blocks_of(depth, layers) == expected


@pytest.mark.parametrize(
    ("depth", "layers", "known"),
    [(9, 2, "8, 14, 20"), (2, 2, "8, 14, 20"), (32, 3, "11, 20, 29")],
)
def test_depths_that_do_not_exist(depth, layers, known):
    with pytest.raises(ValueError, match=f"{3 * layers} n [+] 2: {known}, ... Received: depth="):
        blocks_of(depth, layers)

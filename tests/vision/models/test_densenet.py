"""DenseNet: what each layer reads, and its transitions."""

import numpy as np
import pytest

from vision.models import densenet
from vision.models.layer_factory import PlainLayerFactory


def test_layers_read_all_before_them():
    body = densenet(PlainLayerFactory(), (8, 8, 3), 3, depth=10)
    read = {layer.name: layer.kernel.shape[2] for layer in body.layers if "conv" in layer.name}
    channels, expected = 16, {}
    for stage in range(3):
        if stage:
            expected[f"transition_{stage}_conv"] = channels
        for place in range(2):
            expected[f"stage_{stage}_layer_{place}_conv"] = channels
            channels += 12
    assert read == expected
    assert body.get_layer("norm").gamma.shape == (channels,)


def test_new_channels_stand_beside_the_old_ones():
    body = densenet(PlainLayerFactory(), (4, 4, 3), 3, width=0.25, depth=7)
    old, new = body.get_layer("stem").output, body.get_layer("stage_0_layer_0_conv").output
    (joined,) = [layer for layer in body.layers if layer.input == [old, new]]
    rows = np.arange(2 * 4 * 4 * 7, dtype="float32").reshape(2, 4, 4, 7)
    np.testing.assert_array_equal(joined([rows[..., :4], rows[..., 4:]]), rows)


def test_transitions_keep_channels_and_halve_height_and_width():
    body = densenet(PlainLayerFactory(), (9, 6, 3), 3, width=0.25, depth=7)
    assert body.get_layer("transition_1_conv").output.shape == (None, 9, 6, 7)
    assert body.get_layer("stage_1_layer_0_norm").output.shape == (None, 5, 3, 7)


@pytest.mark.parametrize("depth", [4, 8, 39])
def test_depths_that_do_not_exist(depth):
    with pytest.raises(ValueError, match=f"7, 10, 13, ... Received: depth={depth}"):
        densenet(PlainLayerFactory(), (32, 32, 3), 10, depth=depth)

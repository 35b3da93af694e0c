"""What all convolutions of members check and read alike."""

import keras
import numpy as np
import pytest

from be_keras.layers import (
    Conv1DBatchEnsemble,
    Conv2DBatchEnsemble,
    Conv2DTransposeBatchEnsemble,
    Conv3DTransposeBatchEnsemble,
    DepthwiseConv2DBatchEnsemble,
    SeparableConv2DBatchEnsemble,
)

LAYERS = {
    "conv": lambda **options: Conv2DBatchEnsemble(3, ensemble_size=2, **options),
    "depthwise": lambda **options: DepthwiseConv2DBatchEnsemble(ensemble_size=2, **options),
    "separable": lambda **options: SeparableConv2DBatchEnsemble(3, ensemble_size=2, **options),
    "transposed": lambda **options: Conv2DTransposeBatchEnsemble(3, ensemble_size=2, **options),
}


@pytest.fixture(params=sorted(LAYERS))
def make(request):
    """From options to one kind of layer of two members, with a window of 2 by 2."""

    def make(**options):
        return LAYERS[request.param](**{"kernel_size": 2, **options})

    return make


@pytest.mark.parametrize("name", ["kernel_size", "strides", "dilation_rate"])
@pytest.mark.parametrize("value", [0, (1, 2, 3), (1, -1), 1.5, "2", None, True])
def test_windows_need_a_positive_integer_for_each_axis(make, name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be one integer, or 2 of them"):
        make(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("padding", "full"), ("padding", "causal"), ("data_format", "NHWC")]
)
def test_options_are_those_of_keras(make, name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be one of .*'{value}'"):
        make(**{name: value})


@pytest.mark.parametrize("shape", [(None, 5, 4), (None, 5, 5, 5, 4), (None, 5, 5, None)])
def test_rows_of_another_rank_or_of_unknown_channels_are_refused(make, shape):
    with pytest.raises(ValueError, match="rows .* of rank 4, channels_last, with a known number"):
        make().build(shape)


def test_other_channels_than_built_for_are_refused(make):
    layer = make()
    layer.build((None, 5, 5, 4))
    with pytest.raises(ValueError, match="axis -1 .* to have value 4"):
        layer(np.zeros((2, 5, 5, 3), "float32"))
    with pytest.raises(ValueError, match="expected ndim=4"):
        layer(np.zeros((2, 5, 4), "float32"))


def test_the_configuration_has_the_form_of_keras(make):
    layer = make(padding="SAME", strides=[1, 1], data_format=None, bias_regularizer="l2")
    config = layer.get_config()
    assert config["padding"] == "same"
    assert config["strides"] == (1, 1)
    assert config["kernel_size"] == (2, 2)
    assert config["data_format"] == keras.config.image_data_format()
    assert config["bias_regularizer"]["class_name"] == "L2"


def test_settings_reach_their_weights():
    layer = SeparableConv2DBatchEnsemble(
        3, 2,
        depthwise_regularizer=keras.regularizers.L1(1.0),
        pointwise_initializer="ones",
        pointwise_regularizer=keras.regularizers.L1(10.0),
        bias_constraint="non_neg",
        s_regularizer=keras.regularizers.L1(100.0),
        ensemble_size=2,
    )
    layer.build((None, 5, 5, 4))
    expected = np.sum(np.abs(layer.depthwise_kernel)) + 10 * 4 * 3 + 100 * 2 * 3
    np.testing.assert_allclose(sum(float(loss) for loss in layer.losses), expected, rtol=1e-5)
    assert np.all(np.asarray(layer.bias.constraint(layer.bias - 1.0)) >= 0)


def test_fast_weights_of_one_layer_differ():
    layer = SeparableConv2DBatchEnsemble(64, 1, ensemble_size=4)
    layer.build((None, 2, 2, 64))
    r, q, s = (np.asarray(weight) for weight in (layer.r, layer.q, layer.s))
    assert not np.array_equal(r, s) and not np.array_equal(r, q) and not np.array_equal(q, s)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv1DBatchEnsemble(3, 2, use_bias=False, ensemble_size=2), (0, 5, 4)),
        (Conv3DTransposeBatchEnsemble(3, 2, ensemble_size=2), (0, 2, 2, 2, 4)),
    ],
)
def test_no_rows_have_the_shape_of_some(layer, shape):
    expected = (0, *layer.compute_output_shape((2, *shape[1:]))[1:])
    assert tuple(layer(np.zeros(shape, "float32")).shape) == expected

"""EinsumDenseBatchEnsemble against M plain einsum layers, and its equations."""

import keras
import numpy as np
import pytest

from be_keras.layers import DenseBatchEnsemble, EinsumDenseBatchEnsemble
from be_keras.layers.einsum_dense import parse_equation


@pytest.mark.parametrize(
    ("equation", "input_shape", "output_shape", "bias_axes", "r_shape", "s_shape"),
    [
        ("bd,de->be", (4,), 3, "e", (4, 1), (1, 3)),
        ("btd,dnh->btnh", (5, 4), (None, 2, 3), "nh", (4, 1, 1), (1, 2, 3)),
        ("btnh,nhd->btd", (5, 2, 3), (None, 4), "d", (2, 3, 1), (1, 1, 4)),
        ("bnh,nhd->bnd", (2, 3), (2, 4), "nd", (2, 3, 1), (1, 1, 4)),
        ("bij,ik->bkj", (3, 2), (4, 2), "k", (3, 1), (1, 4)),
    ],
)
def test_equals_plain_layers_with_folded_kernels(
    check_members, kernel, own, equation, input_shape, output_shape, bias_axes, r_shape, s_shape
):
    layer = EinsumDenseBatchEnsemble(
        equation, output_shape, "tanh", bias_axes, bias_initializer="normal", ensemble_size=3,
        r_initializer="normal_around_one", s_initializer="normal_around_one",
    )
    layer.build((None, *input_shape))
    plain = [
        keras.layers.EinsumDense(equation, output_shape, "tanh", bias_axes) for _ in range(3)
    ]
    for each in plain:
        each.build((None, *input_shape))
    data = np.random.default_rng(2).normal(size=(6, *input_shape)).astype("float32")
    check_members(
        layer,
        plain,
        [kernel(layer.kernel, layer.r, layer.s, r_shape, s_shape, lambda p: p.kernel)],
        [own(layer.bias, lambda p: p.bias)] if bias_axes else [],
        data,
    )


def test_fast_weights_follow_the_order_of_input_and_output():
    layer = EinsumDenseBatchEnsemble("btd,hnd->btnh", (None, 2, 3), ensemble_size=2)
    layer.build((None, 5, 4))
    layer.s.assign(np.arange(12.0).reshape(2, 2, 3))
    data = np.random.default_rng(1).normal(size=(2, 5, 4)).astype("float32")
    kernel, r, s = (np.asarray(w) for w in (layer.kernel, layer.r, layer.s))
    expected = np.einsum("btd,hnd->btnh", data * r[:, None], kernel) * s[:, None]
    np.testing.assert_allclose(layer(data), expected, rtol=1e-5, atol=1e-5)


def test_equals_the_dense_layer_of_the_same_weights():
    dense = DenseBatchEnsemble(3, ensemble_size=2)
    einsum = EinsumDenseBatchEnsemble("btd,du->btu", (None, 3), bias_axes="u", ensemble_size=2)
    data = np.random.default_rng(0).normal(size=(4, 5, 6)).astype("float32")
    dense(data), einsum(data)
    einsum.set_weights(dense.get_weights())
    np.testing.assert_allclose(einsum(data), dense(data), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "equation",
    ["bd,de", "...d,de->...e", "bd,de->eb", "bdd,de->be", "bd,bde->be", "bd,de->bf", "bd,dez->be"],
)
def test_equations_of_another_form_are_refused(equation):
    with pytest.raises(ValueError, match="must read like 'btd,dnh->btnh'"):
        parse_equation(equation)


def test_spaces_in_an_equation_do_not_matter():
    assert parse_equation("b t d, d e -> b t e") == ("btd", "de", "bte")


@pytest.mark.parametrize("bias_axes", ["b", "x", "ee", "d"])
def test_bias_axes_must_be_output_axes(bias_axes):
    with pytest.raises(ValueError, match=f"`bias_axes` must name axes .*'{bias_axes}'"):
        EinsumDenseBatchEnsemble("bd,de->be", 3, bias_axes=bias_axes, ensemble_size=2)


def test_an_axis_of_unknown_size_is_refused():
    layer = EinsumDenseBatchEnsemble("bd,de->be", (None,), ensemble_size=2)
    with pytest.raises(ValueError, match=r"Kernel axes \['e'\] .* no known size"):
        layer.build((None, 4))


def test_an_output_shape_of_another_rank_is_refused():
    layer = EinsumDenseBatchEnsemble("btd,de->bte", (3,), ensemble_size=2)
    with pytest.raises(ValueError, match=r"must have 2 entries.*\(3,\)"):
        layer.build((None, 5, 4))


def test_an_output_shape_that_contradicts_the_input_is_refused():
    layer = EinsumDenseBatchEnsemble("btd,de->bte", (6, 3), ensemble_size=2)
    with pytest.raises(ValueError, match="'t' .* 5 in the input and 6 in `output_shape`"):
        layer.build((None, 5, 4))


def test_rows_of_another_rank_are_refused():
    layer = EinsumDenseBatchEnsemble("btd,de->bte", (None, 3), ensemble_size=2)
    with pytest.raises(ValueError, match=r"takes rows of rank 3.*\(None, 4\)"):
        layer.build((None, 4))

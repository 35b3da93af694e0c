"""The member axis: example-major rows, its two layers, and graphs that would mix rows wrongly."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from be_keras.layers import DenseBatchEnsemble
from be_keras.members import (
    TileMembers,
    UntileMembers,
    check_ensemble_size,
    check_rows,
    merge_members,
    repeat_examples,
    split_members,
)

SHAPES = st.lists(st.integers(1, 3), max_size=3).map(tuple)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 4), SHAPES, st.integers(1, 4), st.sampled_from(["int32", "bool", "float16"]))
def test_rows_are_example_major(examples, shape, ensemble_size, dtype):
    data = np.arange(examples * int(np.prod(shape))).reshape(examples, *shape).astype(dtype)
    rows = repeat_examples(ops.convert_to_tensor(data), ensemble_size)
    assert keras.backend.standardize_dtype(rows.dtype) == dtype
    np.testing.assert_array_equal(rows, np.repeat(data, ensemble_size, axis=0))
    members = split_members(rows, ensemble_size)
    assert tuple(members.shape) == (examples, ensemble_size, *shape)
    np.testing.assert_array_equal(members, np.stack([data] * ensemble_size, axis=1))
    np.testing.assert_array_equal(merge_members(members), rows)


@pytest.mark.parametrize("wrong", [0, -1, 2.0, "4", True, None])
def test_an_ensemble_size_that_is_no_positive_integer_is_refused(wrong):
    for build in (check_ensemble_size, TileMembers, UntileMembers):
        with pytest.raises(ValueError, match=f"positive integer.*ensemble_size={wrong!r}"):
            build(wrong)


def test_an_ensemble_size_of_numpy_becomes_an_int():
    assert type(TileMembers(np.int64(3)).get_config()["ensemble_size"]) is int


def test_rows_that_do_not_fit_are_named():
    check_rows((8, 2), 4, "it")
    check_rows((None, 2), 4, "it")
    with pytest.raises(ValueError, match=r"DenseX expects rows .* multiple of 4.*\(6, 2\): 6 rows"):
        check_rows((6, 2), 4, "DenseX")
    with pytest.raises(ValueError, match="TileMembers\\(4\\)"):
        UntileMembers(4)(np.zeros((6, 2), "float32"))


def test_layers_keep_dtype_rank_and_mask():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        tile, untile = TileMembers(3), UntileMembers(3)
        tokens = np.array([[7, 1001, 0]], "int32")
        embedded = keras.layers.Embedding(2000, 2, mask_zero=True)(tokens)
        rows = tile(embedded)
        assert keras.backend.standardize_dtype(tile(tokens).dtype) == "int32"
        assert keras.backend.standardize_dtype(tile(np.float32(tokens)).dtype) == "float32"
        np.testing.assert_array_equal(rows._keras_mask, [[True, True, False]] * 3)
        np.testing.assert_array_equal(untile(rows)._keras_mask, [[[True, True, False]] * 3])
    finally:
        keras.config.set_dtype_policy("float32")


def test_symbolic_shapes_and_masks():
    tokens = keras.Input((5,), dtype="int32")
    rows = TileMembers(4)(keras.layers.Embedding(9, 2, mask_zero=True)(tokens))
    members = UntileMembers(4)(rows)
    assert (rows.shape, members.shape) == ((None, 5, 2), (None, 4, 5, 2))
    assert (rows._keras_mask.shape, members._keras_mask.shape) == ((None, 5), (None, 4, 5))
    fixed = keras.Input((5,), batch_size=2)
    assert TileMembers(4)(fixed).shape == (8, 5)
    assert UntileMembers(4)(TileMembers(4)(fixed)).shape == (2, 4, 5)


def test_the_layers_survive_a_file(tmp_path):
    inputs = keras.Input((2,))
    model = keras.Model(inputs, UntileMembers(3)(TileMembers(3)(inputs)))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    data = np.arange(4.0, dtype="float32").reshape(2, 2)
    np.testing.assert_array_equal(loaded(data), np.stack([data] * 3, axis=1))


def test_a_residual_of_tiled_rows_passes():
    inputs = keras.Input((2,))
    rows = TileMembers(3)(inputs)
    outputs = UntileMembers(3)(rows + DenseBatchEnsemble(2, ensemble_size=3)(rows))
    assert outputs.shape == (None, 3, 2)


def test_an_untiled_skip_is_refused_by_name():
    inputs = keras.Input((2,))
    rows = DenseBatchEnsemble(2, ensemble_size=3)(TileMembers(3)(inputs))
    mixed = keras.layers.Add(name="skip")([rows, inputs])
    with pytest.raises(ValueError, match="'skip' mixes rows .* TileMembers\\(3\\)"):
        UntileMembers(3)(keras.layers.ReLU()(mixed))


def test_tiling_twice_is_refused():
    rows = TileMembers(3, name="second")(TileMembers(3)(keras.Input((2,))))
    with pytest.raises(ValueError, match="'second' received rows that were tiled already"):
        UntileMembers(3)(rows)


def test_tiling_for_another_number_of_members_is_refused():
    with pytest.raises(ValueError, match="tiles for 2 members, and UntileMembers expects 4"):
        UntileMembers(4)(TileMembers(2)(keras.Input((2,))))


def test_rows_may_be_untiled_and_tiled_again():
    first = UntileMembers(3)(TileMembers(3)(keras.Input((2,))))
    assert UntileMembers(3)(TileMembers(3)(ops.mean(first, axis=1))).shape == (None, 3, 2)


def test_a_graph_of_rows_alone_passes():
    assert UntileMembers(3)(keras.Input((2,))).shape == (None, 3, 2)


def test_deep_graphs_are_followed_to_their_inputs():
    inputs = keras.Input((2,))
    rows = TileMembers(3)(inputs)
    for _ in range(1200):
        rows = rows + 1.0
    assert UntileMembers(3)(rows).shape == (None, 3, 2)
    with pytest.raises(ValueError, match="mixes rows"):
        UntileMembers(3)(rows + inputs)


def rows_model(*layers):
    """A compiled model of rows, without an EnsembleModel."""
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile("sgd", "mse")
    return model


def test_layers_outside_of_an_ensemble_are_told_so_when_they_train(recwarn):
    layer = DenseBatchEnsemble(1, ensemble_size=3)
    x, y = np.ones((6, 2), "float32"), np.ones((6, 1), "float32")
    with pytest.warns(
        UserWarning, match=r"no EnsembleModel.*Compile EnsembleModel\(sequential.*3\)"
    ):
        rows_model(layer).fit(x, y, verbose=0)
    recwarn.clear()
    layer(x), keras.Sequential([layer])(x)  # rows of somebody who tiles them
    rows_model(DenseBatchEnsemble(1, ensemble_size=1)).fit(x, y, verbose=0)
    inputs = keras.Input((2,))
    tiled = keras.Model(inputs, UntileMembers(3)(layer(TileMembers(3)(inputs))))
    tiled.compile("sgd", "mse")
    tiled.fit(x, np.ones((6, 3, 1)), verbose=0)
    assert not [w for w in recwarn if "EnsembleModel" in str(w.message)]

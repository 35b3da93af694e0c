"""Building from a config: every size arrives where it belongs."""

import keras
import numpy as np
import pytest

from translation.config import make_config
from translation.models.translator import build_translator

SETTINGS = [
    *("encoder_layers=1", "decoder_layers=2", "width=12", "heads=3", "feedforward=20"),
    *("dropout=0.3", "label_smoothing=0.2", "chunk_examples=5", "fast_initializer=random_sign"),
]


def test_sizes():
    model = build_translator(make_config("tiny", SETTINGS), 17, 3, "split")
    body = model.body
    assert (len(body.encoder), len(body.decoder)) == (1, 2)
    block = body.decoder[1]
    assert (block.self_attention.num_heads, block.self_attention.key_dim) == (3, 4)
    assert (block.feedforward.wide.units, block.feedforward.narrow.units) == (20, 12)
    assert body.embedding.embeddings.shape == (17, 12)
    assert {layer.rate for layer in model._flatten_layers() if hasattr(layer, "rate")} == {0.3}
    found = model.ensemble_size, model.members, model.label_smoothing, model.chunk_examples
    assert found == (3, "split", 0.2, 5)
    fast = keras.ops.convert_to_numpy(block.feedforward.wide.r)
    assert set(np.unique(fast)) == {-1.0, 1.0}


def test_a_single_network_and_an_ensemble_of_one():
    config = make_config("tiny", SETTINGS)
    plain, one = (build_translator(config, 17, size) for size in (None, 1))
    assert plain.ensemble_size == one.ensemble_size == 1
    assert plain.count_params() < one.count_params()
    whole = build_translator(make_config("tiny", [*SETTINGS, "chunk_examples=0"]), 17)
    assert whole.chunk_examples is None


@pytest.mark.parametrize(
    ("size", "members", "message"),
    [(0, "shared", "ensemble_size=0"), (2, "both", "members='both'")],
)
def test_mistakes(size, members, message):
    with pytest.raises(ValueError, match=message):
        build_translator(make_config("tiny", SETTINGS), 17, size, members)


LEVERS = ("fast_where=first", "norms=shared", "member_loss=sum")


def test_levers_arrive_and_survive_a_file(tmp_path):
    model = build_translator(make_config("tiny", [*SETTINGS, *LEVERS]), 17, 3)
    block = model.body.decoder[1]
    assert model.member_loss == "sum"
    assert np.all(keras.ops.convert_to_numpy(block.feedforward.wide.r) == 1)
    assert set(np.unique(keras.ops.convert_to_numpy(model.body.embedding.s))) == {-1.0, 1.0}
    assert type(block.self_norm) is keras.layers.LayerNormalization

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = {name: np.array([[4, 5, 6]], "int32") for name in ("source", "target_in")}
    expected = keras.ops.convert_to_numpy(model(inputs))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(loaded(inputs)), expected, atol=1e-6)


def test_files_that_know_two_settings_more_are_loaded():
    body = build_translator(make_config("tiny", SETTINGS), 17, 3).body
    older = {**body.get_config(), "outputs": "members", "biases": "members"}
    again = type(body).from_config(older)
    again.build()
    assert [w.shape for w in again.weights] == [w.shape for w in body.weights]

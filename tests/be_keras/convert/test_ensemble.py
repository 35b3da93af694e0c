"""to_batch_ensemble: members begin as the model, in every form of graph, and train from there."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras.convert import extract_member, last, to_batch_ensemble
from be_keras.initializers import NormalAroundOne, RandomSign
from be_keras.roles import weights_by_role

M = 3


def of_one(x):
    return keras.tree.map_structure(lambda array: array[:1], x)


@pytest.mark.parametrize("tiles", ["body", "inputs"])
def test_every_member_equals_the_model(graph, tiles, check_members):
    model, x = graph
    before = model.get_weights()
    ensemble = to_batch_ensemble(model, M, tiles=tiles)
    check_members(ensemble, model, x)
    check_members(ensemble, model, of_one(x))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    assert not {id(w) for w in model.weights} & {id(w) for w in ensemble.weights}


def test_kernels_are_shared_and_the_rest_belongs_to_the_members(graphs):
    model, _ = graphs["sequential"]()
    groups = weights_by_role(to_batch_ensemble(model, M))
    assert [w.shape for w in groups["shared"]] == [(5, 4), (4, 3)]
    assert [w.shape for w in groups["fast"]] == [(M, 5), (M, 4), (M, 4), (M, 3)]
    assert [w.shape for w in groups["bias"]] == [(M, 4), (M, 3)]
    assert [w.shape for w in groups["norm"]] == [(M, 4)] * 4
    shared = weights_by_role(to_batch_ensemble(model, M, per_member=()))
    assert [w.shape for w in shared["norm"]] == [(4,)] * 4


def test_what_comes_before_the_first_member_runs_once(graphs, randomise, check_members):
    model, x = graphs["convolutions"]()
    ensemble = to_batch_ensemble(randomise(model), M, convert=last(2))
    check_members(ensemble, model, x)
    kinds = [type(layer).__name__ for layer in ensemble.body.layers]
    assert kinds.count("Conv2D") == kinds.count("SeparableConv2D") == 1
    # Norms that rows never reach stay shared, so that they need no rows.
    assert kinds.index("GroupNormalization") < kinds.index("TileMembers")
    assert kinds.index("TileMembers") < kinds.index("Conv2DTransposeBatchEnsemble")


def test_a_layer_that_meets_examples_and_rows_is_one_layer(check_members):
    inputs = keras.Input((4,))
    shared, norm = layers.Dense(4, name="shared"), layers.LayerNormalization(name="norm")
    rows = layers.Dense(4, name="first")(shared(inputs))
    outputs = layers.Dense(2, name="head")(norm(shared(rows)) + norm(inputs))
    model = keras.Model(inputs, outputs)
    ensemble = to_batch_ensemble(model, M, convert=["first", "head"])
    check_members(ensemble, model, np.random.default_rng(0).normal(size=(2, 4)))
    assert len(weights_by_role(ensemble)["shared"]) == 3  # the kernels
    assert len(weights_by_role(ensemble)["norm"]) == 2


def test_a_norm_that_met_rows_in_a_nested_graph_gets_rows_outside_too(check_members):
    norm = layers.LayerNormalization(name="norm")
    inner = keras.Input((4,))
    nested = keras.Model(inner, norm(layers.Dense(4, name="first")(inner)))
    late = inputs = keras.Input((4,))
    rows = nested(inputs)
    for _ in range(4):  # so that the norm meets these examples after the rows
        late = layers.Activation("tanh")(late)
    model = keras.Model(inputs, layers.Dense(2, name="head")(rows + norm(late)))
    ensemble = to_batch_ensemble(model, M, convert=["first", "head"])
    draw = np.random.default_rng(0)
    for count in (1, 2, M):
        check_members(ensemble, model, draw.normal(size=(count, 4)))


def test_split_members_train_on_their_share(graphs, randomise, check_members):
    model, x = graphs["sequential"]()
    ensemble = to_batch_ensemble(randomise(model), 2, members="split")
    assert (ensemble.members, ensemble.tiles) == ("split", "inputs")
    check_members(ensemble, model, x)
    assert ensemble(x, training=True).shape == (2, 1, 3)
    with pytest.raises(ValueError, match='tiles="inputs"'):
        to_batch_ensemble(model, 2, members="split", tiles="body")


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16"])
def test_dtype_policies_are_kept(policy, check_members):
    body = [
        keras.Input((5,)),
        layers.Dense(4, "relu", dtype=policy),
        layers.LayerNormalization(dtype=policy),
        layers.Dense(2, dtype="float32"),
    ]
    model = keras.Sequential(body)
    ensemble = to_batch_ensemble(model, M, tiles="inputs")
    assert [layer.dtype_policy.name for layer in ensemble.body.layers[1:]] == [
        policy,
        policy,
        "float32",
    ]
    x = np.random.default_rng(0).normal(size=(2, 5))
    check_members(ensemble, model, x, 0.05)


@pytest.mark.parametrize("name", ["nested", "several", "tokens"])
def test_it_trains_and_a_file_gives_it_back(name, graphs, tmp_path, part):
    model, x = graphs[name]()
    ensemble = part(to_batch_ensemble(model, M, r_initializer=NormalAroundOne(0.2)))
    ensemble.compile("sgd", "mse", jit_compile=False)
    labels = keras.tree.map_structure(lambda output: np.zeros(output.shape), model(x))
    before = ensemble.get_weights()
    assert np.all(np.isfinite(ensemble.train_on_batch(x, labels)))
    after = ensemble.get_weights()
    assert any(np.any(a != b) for a, b in zip(before, after, strict=True))
    ensemble.save(tmp_path / "ensemble.keras")
    again = keras.models.load_model(tmp_path / "ensemble.keras")
    assert again.tiles == "body"
    for want, got in zip(*map(keras.tree.flatten, (ensemble(x), again(x))), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("per_member", [("norms", "head"), ()])
def test_model_and_members_live_on_when_members_are_trained(per_member):
    """On JAX training gives old arrays away, which nobody else may hold."""
    inner = [keras.Input((5,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(3)]
    model, x = keras.Sequential(inner), np.random.default_rng(0).normal(size=(2, 5))
    ensemble = to_batch_ensemble(model, M, per_member=per_member)
    member = extract_member(ensemble, 0)
    expected = np.asarray(model(x))
    ensemble.compile("sgd", "mse", jit_compile=False)
    ensemble.train_on_batch(x, np.ones((2, 3)))
    np.testing.assert_allclose(model(x), expected, rtol=1e-6)
    np.testing.assert_allclose(member(x), expected, rtol=1e-5, atol=1e-5)


def test_initialisers_by_layer_and_a_stream_for_each(graphs):
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(4), layers.Dense(4), layers.Dense(4, name="head")]
    )
    ensemble = to_batch_ensemble(
        model,
        M,
        r_initializer=NormalAroundOne(0.1, seed=3),
        s_initializer=lambda layer: RandomSign() if layer.name == "head" else "ones",
    )
    first, second, head = (layer for layer in ensemble.body.layers if hasattr(layer, "r"))
    assert 0.01 < np.std(first.r) < 0.3
    assert np.max(np.abs(first.r - second.r)) > 0.01
    np.testing.assert_array_equal(second.s, np.ones((M, 4)))
    np.testing.assert_array_equal(np.abs(head.s), np.ones((M, 4)))
    assert np.min(head.s) == -1


def test_one_seed_serves_many_layers():
    model = keras.Sequential([keras.Input((4,)), *(layers.Dense(4) for _ in range(7))])
    ensemble = to_batch_ensemble(model, M, r_initializer=NormalAroundOne(seed=1))
    drawn = [np.asarray(layer.r) for layer in ensemble.body.layers if hasattr(layer, "r")]
    assert len({r.tobytes() for r in drawn}) == len(drawn) == 7


def test_what_the_outputs_are_is_read_from_a_model_without_a_loss():
    def converted(activation, **options):
        inner = keras.Sequential([keras.Input((4,)), layers.Dense(6, activation)])
        model = keras.Sequential([keras.Input((4,)), inner, layers.Reshape((2, 3))])
        return to_batch_ensemble(model, M, **options)

    x = np.zeros((2, 4))
    assert converted("softmax").kinds_of_outputs(x) == ["probabilities"]
    assert converted(None, outputs="values").kinds_of_outputs(x) == ["values"]
    with pytest.raises(ValueError, match="Nothing says whether.*Write outputs="):
        converted(None).kinds_of_outputs(x)


@pytest.mark.parametrize("option", ["training", "mask"])
def test_a_frozen_backbone_runs_once_whatever_it_is_called_with(option):
    """None, as of `training=None` or `mask=None`, is no tensor of rows."""
    pixels = keras.Input((4, 4, 1))
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 2)(pixels))
    backbone = keras.Model(pixels, features, name="backbone")
    backbone.trainable = False
    head = layers.Dense(2, name="head")
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, head(backbone(inputs, **{option: None})))
    ensemble = to_batch_ensemble(model, M)
    said = []
    ensemble.summary(print_fn=said.append)
    assert said[-2:] == [" Runs 1 x an example: backbone", f" Runs {M} x an example: head"]
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 1)).astype("float32")
    np.testing.assert_allclose(ensemble(x)[:, 1], model(x), rtol=1e-5)


def test_a_batch_size_of_the_model_does_not_bind_the_ensemble():
    model = keras.Sequential([keras.Input((4,), batch_size=5), layers.Dense(2)])
    assert to_batch_ensemble(model, M)(np.zeros((2, 4))).shape == (2, M, 2)


def test_a_compiled_model_gives_an_ensemble_that_is_not(graphs):
    model, _ = graphs["sequential"]()
    model.compile("sgd", "mse")
    ensemble = to_batch_ensemble(model, M)
    assert not ensemble.compiled and not ensemble.body.compiled


def test_data_statistics_and_frozen_models_are_kept(check_members):
    normalization = layers.Normalization()
    x = np.random.default_rng(0).normal(3.0, 2.0, size=(8, 4)).astype("float32")
    normalization.adapt(x)
    frozen = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.BatchNormalization()])
    frozen.trainable = False
    model = keras.Sequential([keras.Input((4,)), normalization, frozen, layers.Dense(2)])
    ensemble = to_batch_ensemble(model, M)
    check_members(ensemble, model, x)
    assert [w.shape for w in ensemble.trainable_weights] == [(4, 2), (M, 4), (M, 2), (M, 2)]


def test_errors_say_what_to_do():
    dense = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="ensemble_size=0"):
        to_batch_ensemble(dense, 0)
    with pytest.raises(ValueError, match="per_member.*'biases'"):
        to_batch_ensemble(dense, M, per_member=("biases",))
    prelu = keras.Sequential([keras.Input((4,)), layers.PReLU(name="bend"), layers.Dense(2)])
    with pytest.raises(ValueError, match="'bend' .PReLU.*`convert`.*register_rule"):
        to_batch_ensemble(prelu, M)
    assert to_batch_ensemble(prelu, M, convert="dense*")(np.zeros((1, 4))).shape == (1, M, 2)
    head = keras.Sequential([keras.Input((4,)), layers.Dense(2), layers.PReLU(name="bend")])
    with pytest.raises(ValueError, match="'bend'.*`per_member`"):
        to_batch_ensemble(head, M, convert="dense*")


def test_what_is_no_plain_model_is_refused_in_words():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="a Keras model first. Received: 3"):
        to_batch_ensemble(3, model)
    with pytest.raises(ValueError, match="EnsembleModel of 3 members already.*extract_member"):
        to_batch_ensemble(to_batch_ensemble(model, 3), 3)


class Opaque(keras.Model):
    """A model whose layers cannot be seen, and that does not say how it is made."""

    def __init__(self):
        super().__init__(name="opaque")
        self.dense = layers.Dense(4)

    def call(self, inputs):
        return self.dense(inputs)


def test_a_subclassed_model_is_named_with_what_to_do():
    inputs = keras.Input((4,))
    around = keras.Model(inputs, layers.Dense(2, name="head")(Opaque()(inputs)))
    alone = Opaque()
    alone.build((None, 4))
    with pytest.raises(ValueError, match=r"'opaque' is a Opaque.*keras.Model\(inputs, outputs\)"):
        to_batch_ensemble(alone, M)
    with pytest.raises(ValueError, match=r"'opaque' \(Opaque\).*keras.Model.*leave it shared"):
        to_batch_ensemble(around, M)
    with pytest.raises(ValueError, match=r"'opaque' \(Opaque\) cannot be copied.*get_config"):
        to_batch_ensemble(around, M, convert="head")

"""Initialisers of the fast weights: their distributions, and values that do not repeat."""

import keras
import numpy as np
import pytest

from be_keras import initializers
from be_keras.initializers import NormalAroundOne, RandomSign
from be_keras.layers import DenseBatchEnsemble

SHAPE = (64, 64)


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.5, 1.0])
def test_signs_come_with_their_probability(probability):
    signs = np.asarray(RandomSign(probability, seed=1)(SHAPE))
    assert set(np.unique(signs)) <= {-1.0, 1.0}
    deviation = np.sqrt(probability * (1 - probability) / signs.size)
    assert abs(np.mean(signs > 0) - probability) <= 4 * deviation


@pytest.mark.parametrize("stddev", [0.0, 0.1, 0.5])
def test_the_normal_lies_around_one(stddev):
    draws = np.asarray(NormalAroundOne(stddev, seed=1)(SHAPE))
    assert abs(draws.mean() - 1.0) <= 4 * stddev / np.sqrt(draws.size)
    assert abs(draws.std() - stddev) <= 4 * stddev / np.sqrt(2 * draws.size)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_dtypes_are_kept(dtype):
    for initializer in (RandomSign(), NormalAroundOne()):
        draws = initializer((2, 2), dtype)
        assert keras.backend.standardize_dtype(draws.dtype) == dtype
        # A weakly typed weight would have JAX compile the training step twice.
        assert not getattr(draws, "weak_type", False)


@pytest.mark.parametrize("kind", [RandomSign, NormalAroundOne])
def test_seeds_reproduce(kind):
    draws = [np.asarray(kind(seed=seed)(SHAPE)) for seed in (3, 3, 4, None, None)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not any(np.array_equal(draws[i], draws[i + 1]) for i in (1, 2, 3))


@pytest.mark.parametrize(
    "initializer", [RandomSign(0.25, seed=5), NormalAroundOne(0.1), NormalAroundOne(0.1, seed=5)]
)
def test_configs_round_trip(initializer):
    config = keras.initializers.serialize(initializer)
    again = keras.initializers.deserialize(config)
    assert type(again) is type(initializer)
    assert again.get_config() == initializer.get_config()
    if initializer.get_config()["seed"] is not None:
        np.testing.assert_array_equal(again(SHAPE), initializer(SHAPE))


def test_names():
    assert isinstance(initializers.get("random_sign"), RandomSign)
    assert isinstance(initializers.get("normal_around_one"), NormalAroundOne)
    assert isinstance(initializers.get("ones"), keras.initializers.Ones)
    with pytest.raises(ValueError, match="no_such_initialiser"):
        initializers.get("no_such_initialiser")


def seeded_generator():
    return RandomSign(seed=keras.random.SeedGenerator(7))


@pytest.mark.parametrize("make", [RandomSign, lambda: RandomSign(seed=7), seeded_generator])
def test_r_and_s_differ_even_when_one_instance_serves_both(make):
    same = make()
    layer = DenseBatchEnsemble(64, ensemble_size=4, r_initializer=same, s_initializer=same)
    layer.build((None, 64))
    agreement = np.mean(np.asarray(layer.r) == np.asarray(layer.s))
    assert abs(agreement - 0.5) < 4 * 0.5 / np.sqrt(layer.r.shape[0] * 64)


def test_a_seeded_layer_is_reproduced_from_its_config():
    layer = DenseBatchEnsemble(8, ensemble_size=2, r_initializer=RandomSign(seed=7))
    again = DenseBatchEnsemble.from_config(layer.get_config())
    layer.build((None, 8)), again.build((None, 8))
    np.testing.assert_array_equal(layer.r, again.r)


def test_streams_of_one_seed_differ_and_stream_zero_is_the_seed_itself():
    seeded = NormalAroundOne(seed=2)
    draws = [np.asarray(initializers.fresh(seeded, stream)(SHAPE)) for stream in range(3)]
    np.testing.assert_array_equal(draws[0], seeded(SHAPE))
    assert not np.array_equal(draws[0], draws[1]) and not np.array_equal(draws[1], draws[2])


@pytest.mark.parametrize("kind", [RandomSign, NormalAroundOne])
def test_streams_of_any_number_have_seeds_of_their_own(kind):
    streams = [initializers.fresh(kind(seed=5), stream) for stream in (0, 4_294, 4_295, 9_001)]
    seeds = [stream.get_config()["seed"] for stream in streams]
    assert len(set(seeds)) == 4 and max(seeds) < 2**32  # of what backends take
    assert len({np.asarray(stream(SHAPE)).tobytes() for stream in streams}) == 4


def test_what_draws_nothing_is_given_back():
    ones = keras.initializers.Ones()

    def custom(shape, dtype=None):
        return np.zeros(shape, dtype)

    assert initializers.fresh(ones, 1) is ones
    assert initializers.fresh(custom, 1) is custom


@pytest.mark.parametrize("probability", [-0.1, 1.1])
def test_probabilities_outside_the_unit_interval_are_refused(probability):
    with pytest.raises(ValueError, match=f"probability={probability}"):
        RandomSign(probability)


def test_negative_spreads_are_refused():
    with pytest.raises(ValueError, match="stddev=-1.0"):
        NormalAroundOne(-1.0)


def test_initialisers_by_text():
    assert initializers.from_text("random_sign").probability == 0.5
    sign = initializers.from_text("sign:0.75")
    assert isinstance(sign, RandomSign) and sign.probability == 0.75
    normal = initializers.from_text("normal:1:0.5")
    assert isinstance(normal, keras.initializers.RandomNormal)
    assert (normal.mean, normal.stddev) == (1.0, 0.5)
    assert initializers.from_text("normal:0:1").mean == 0.0
    assert isinstance(initializers.from_text("ones"), keras.initializers.Ones)


@pytest.mark.parametrize(
    "text",
    ["", "sign", "sign:", "sign:2", "sign:nan", "sign:0.5:1", "ones:1", "normal:1", "normal:1:-1"]
    + ["normal:inf:1", "normal:a:1", "random_sign:0.5", "glorot_uniform"],
)
def test_texts_that_name_no_initialiser(text):
    with pytest.raises(ValueError, match=f"random_sign, .*normal:<mean>:<stddev> .*; got {text!r}"):
        initializers.from_text(text)

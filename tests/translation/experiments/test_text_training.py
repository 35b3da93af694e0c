"""Methods and their training: branching, order of examples, bad values."""

import keras
import numpy as np
import pytest

from be_keras.roles import FAST, weights_by_role
from be_tracks.errors import UserError
from experiments.text_training import Method, TextTraining
from translation.config import make_config
from translation.data.token_shards import TokenCorpus


def training(data, small, seed=0, **method):
    keras.utils.set_random_seed(seed)
    method = Method(make_config("tiny", small), **method)
    return TextTraining(method, TokenCorpus(data, "train"), vocabulary_size=60)


def test_members_start_as_the_network_that_was_trained(data, small):
    still = [*small, "fast_initializer=normal:1:0", "learning_rate=1e-30"]
    late = training(data, still, ensemble_size=2, members="shared", branch=0.5).run()
    assert int(late.optimizer.iterations) == 6
    batch = next(training(data, small).batches.batches(0))
    logits = np.asarray(late({name: batch[name] for name in ("source", "target_in")}))
    np.testing.assert_allclose(logits[:, 0], logits[:, 1], atol=1e-5)
    assert weights_by_role(late)[FAST]


def test_a_seed_draws_weights_and_order(data, small):
    first, second = (
        training(data, small, 1, ensemble_size=2).run().get_weights() for _ in range(2)
    )
    for one, same in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, same)
    orders = [training(data, small, seed).batches.batches(0) for seed in (1, 2)]
    first, second = (next(order)["index"] for order in orders)
    assert not np.array_equal(first, second)


def test_tokens_are_counted_by_the_members_that_see_them(data, small):
    split = training(data, small, ensemble_size=2).tokens()
    assert split["row_tokens"] == split["unique_tokens"]
    shared = training(data, small, ensemble_size=2, members="shared").tokens()
    assert shared["row_tokens"] == 2 * shared["unique_tokens"]
    assert training(data, small).tokens(networks=3)["row_tokens"] % 3 == 0


@pytest.mark.parametrize("wrong", [{"members": "both"}, {"branch": 1.0}, {"branch": -0.1}])
def test_values_out_of_range(small, wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        Method(make_config("tiny", small), 2, **wrong)

"""Training of the experiments on text: branching, order of examples, tokens."""

import dataclasses

import keras
import numpy as np

from be_keras.roles import FAST, weights_by_role
from experiments.text_training import TextSettings, make_batches, tokens, train_translator
from translation.config import make_config
from translation.data.token_shards import TokenCorpus


def settings(small, **changes):
    return TextSettings(**{**dataclasses.asdict(make_config("tiny", small)), **changes})


def trained(data, small, seed=0, **changes):
    keras.utils.set_random_seed(seed)
    corpus = TokenCorpus(data, "train")
    return train_translator(settings(small, **changes), corpus, vocabulary_size=60)


def first_batch(data, small, seed):
    keras.utils.set_random_seed(seed)
    return next(make_batches(settings(small), TokenCorpus(data, "train")).batches(0))


def test_members_start_as_the_network_that_was_trained(data, small):
    still = [*small, "fast_initializer=normal:1:0", "learning_rate=1e-30"]
    late = trained(data, still, ensemble_size=2, members="shared", branch=0.5)
    assert int(late.optimizer.iterations) == 6
    batch = first_batch(data, small, 0)
    logits = np.asarray(late({name: batch[name] for name in ("source", "target_in")}))
    np.testing.assert_allclose(logits[:, 0], logits[:, 1], atol=1e-5)
    assert weights_by_role(late)[FAST]


def test_a_seed_draws_weights_and_order(data, small):
    first, second = (trained(data, small, 1, ensemble_size=2).get_weights() for _ in range(2))
    for one, same in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, same)
    first, second = (first_batch(data, small, seed)["index"] for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_tokens_are_counted_by_the_members_that_see_them(data, small):
    def counted(**changes):
        keras.utils.set_random_seed(0)
        return tokens(settings(small, **changes), TokenCorpus(data, "train"))["member_tokens"]

    one = counted()
    assert counted(networks=3) == 3 * one > 0
    split, shared = (counted(ensemble_size=2, members=m) for m in ("split", "shared"))
    assert shared == 2 * one and split <= one
    assert one < counted(ensemble_size=2, members="shared", branch=0.5) < shared

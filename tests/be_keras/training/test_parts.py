"""Parts of a batch: every example in one of them, in order, and copies marked."""

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="parts are of TensorFlow's tensors"
)


def parts(size, replicas, unit, known=True):
    """All parts of a batch 0, 1, ..., and their marks, as NumPy arrays."""
    import tensorflow as tf

    from be_keras.training.parts import shard_for_replica

    @tf.function(input_signature=[tf.TensorSpec([size if known else None], tf.int64)])
    def of(batch):
        found = [shard_for_replica((batch, None), rank, replicas, unit) for rank in range(replicas)]
        assert all(part[1] is None for part, _ in found)
        everything = [tf.ones_like(part[0], tf.bool) if m is None else m for part, m in found]
        return [part[0] for part, _ in found], everything, tf.constant(found[0][1] is None)

    values, marks, exact = of(tf.range(size, dtype=tf.int64))
    return [v.numpy() for v in values], [m.numpy() for m in marks], bool(exact)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("size", "replicas", "unit"), [(8, 2, 1), (8, 1, 4), (7, 2, 1), (9, 2, 4), (1, 3, 1), (5, 1, 2)]
)
def test_every_example_is_in_one_part(size, replicas, unit, known):
    values, marks, exact = parts(size, replicas, unit, known)
    together, real = np.concatenate(values), np.concatenate(marks)
    np.testing.assert_array_equal(together[real], np.arange(size))
    np.testing.assert_array_equal(together, np.arange(len(together)) % size)
    assert {len(value) for value in values} == {-(-size // (unit * replicas)) * unit}
    assert exact == (known and size % (unit * replicas) == 0)


def test_slices_are_in_order():
    import tensorflow as tf

    from be_keras.training.parts import microbatches

    tokens = np.arange(24).reshape(6, 4)
    slices, nothing = microbatches((tf.constant(tokens), None), 3)
    np.testing.assert_array_equal(slices, tokens.reshape(3, 2, 4))
    assert nothing is None

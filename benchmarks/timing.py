"""Compiled passes of Keras layers and models, and the times of two of them taken in turn.

Takes functions of tensors and gives functions of nothing, and statistics of their seconds. Keras
is imported by those that need it, as commands choose the number of threads before.
"""

import statistics
import time


def stateless(call, variables):
    """Give `function(x, values)`: `call(x)` with `values` in the place of `variables`.

    Weights come in as arguments on either backend, and what a layer would store, such as moving
    statistics, is dropped.
    """
    import keras

    def function(x, values):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return call(x)

    return function


def compiled(function, xla):
    """Compile one pass of `function(x, values)`, outputs or gradients.

    Args:
        function: From a tensor and a list of tensors to a tensor.
        xla: On TensorFlow, whether XLA compiles it. JAX always does.

    Returns:
        `run(x, values, pull)`, which waits for what it gives: the outputs, and, unless `pull` is
        None, the gradients of `sum(pull * outputs)` in each of `values`. Outputs are given beside
        gradients because compilers leave out what nobody asks for, and the gradients of a plain
        linear layer do not need its forward product.
    """
    import keras

    if keras.backend.backend() == "jax":
        return _on_jax(function)
    import tensorflow as tf

    @tf.function(jit_compile=xla)
    def one_pass(x, values, pull):
        if pull is None:
            return function(x, values)
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs = function(x, values)
        return outputs, tape.gradient(outputs, values, pull)

    def run(*args):
        outputs = one_pass(*args)
        tf.test.experimental.sync_devices()
        return outputs

    return run


def _on_jax(function):
    import jax

    def one_pass(x, values, pull):
        if pull is None:
            return function(x, values)
        outputs, gradients = jax.vjp(lambda v: function(x, v), values)
        return outputs, gradients(pull)

    one_pass = jax.jit(one_pass)
    return lambda *args: jax.block_until_ready(one_pass(*args))


def compilers():
    """What a pass is measured under: `{name: whether XLA compiles it}`."""
    import keras

    return {"xla": True} if keras.backend.backend() == "jax" else {"graph": False, "xla": True}


def compare(plain, members, runs):
    """Run both in turn, after a run each that compiles.

    Args:
        plain, members: Functions of nothing.
        runs: Number of pairs, at least 2.

    Returns:
        Dict of the median milliseconds of each, and of the median and the quartiles of the
        ratios of neighbouring runs, members to plain.
    """
    plain(), members()
    pairs = [(_seconds(plain), _seconds(members)) for _ in range(runs)]
    ratios = [ours / theirs for theirs, ours in pairs]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return {
        "plain_ms": 1e3 * statistics.median(theirs for theirs, _ in pairs),
        "members_ms": 1e3 * statistics.median(ours for _, ours in pairs),
        "ratio": median,
        "quartiles": [low, high],
    }


def _seconds(run):
    started = time.perf_counter()
    run()
    return time.perf_counter() - started

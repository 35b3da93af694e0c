"""What the tests of be_keras share: gradients on either backend, folded kernels, processes."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

if keras.backend.backend() == "torch":
    import torch

    # The tests compare outputs as arrays; on the other backends those carry no gradients.
    torch.Tensor.__array__ = lambda self, *args, **options: self.detach().numpy(force=True)

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def gradients(function, variables=(), inputs=()):
    """Outputs of `function(*inputs)` and the gradients of their sum under fixed random weights.

    Gives a NumPy array, and one more for each Keras variable, then for each input.
    """
    values = [v.value for v in variables] + [keras.ops.convert_to_tensor(t) for t in inputs]

    def pure(*values):
        mapping = list(zip(variables, values[: len(variables)], strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            outputs = function(*values[len(variables) :])
        pull = np.random.default_rng(0).normal(size=outputs.shape)
        return keras.ops.sum(outputs * keras.ops.cast(pull, outputs.dtype)), outputs

    if keras.backend.backend() == "jax":
        import jax

        found = jax.grad(pure, argnums=tuple(range(len(values))), has_aux=True)
        found, outputs = jax.jit(found)(*values)
    elif keras.backend.backend() == "torch":
        import torch

        values = [value.detach().requires_grad_() for value in values]
        total, outputs = pure(*values)
        found = torch.autograd.grad(total, values, materialize_grads=True)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(values)
            total, outputs = pure(*values)
        found = tape.gradient(total, values, unconnected_gradients="zero")
        found = [tf.convert_to_tensor(gradient) for gradient in found]
    return np.asarray(outputs), [np.asarray(gradient) for gradient in found]


def fold(kernel, r, s):
    """The members' kernels `(M, *kernel)`, W ∘ r ∘ s; r and s are spread over the kernel's axes."""
    return kernel * r * s


def unfold_gradients(folded, kernel, r, s):
    """Gradients for W, r and s from those for the members' kernels `(M, *kernel)`."""

    def like(total, weight):
        axes = tuple(i for i in range(1, weight.ndim) if weight.shape[i] == 1)
        return np.sum(total, axis=axes, keepdims=True)

    of_kernel = np.sum(folded * r * s, axis=0)
    return of_kernel, like(folded * kernel * s, r), like(folded * kernel * r, s)


def run_python(code, backend, *arguments, **environment):
    """Run code in a process of its own on the named backend; give what it printed."""
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": REPOSITORY,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(name="gradients", scope="session")
def _gradients():
    """The function `gradients`."""
    return gradients


@pytest.fixture(name="folding", scope="session")
def _folding():
    """The pair of functions `fold` and `unfold_gradients`."""
    return fold, unfold_gradients


@pytest.fixture(name="run_python", scope="session")
def _run_python():
    """The function `run_python`."""
    return run_python


@pytest.fixture(scope="session")
def other_backend():
    """Another backend than this process runs."""
    return "jax" if keras.backend.backend() == "tensorflow" else "tensorflow"


@pytest.fixture(autouse=True)
def _seeds():
    keras.utils.set_random_seed(1)

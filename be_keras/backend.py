"""What Keras leaves to its backend: compiling a function of a model, gradients, accelerators."""

from collections.abc import Callable
from typing import Any

import keras

from be_keras.types import Tensor


def compiled(
    model: keras.Model, function: Callable[..., Any], jit_compile: bool = False
) -> Callable[..., Any]:
    """Compile `function(*tensors)`, which uses `model`, so that it sees the weights of each call.

    Args:
        model: A built Keras model; its weights are read anew at every call and not changed.
        function: Takes and gives nested structures of tensors.
        jit_compile: On TensorFlow, whether XLA compiles it. JAX always does.

    Returns:
        A callable of the same arguments. PyTorch runs `function` as it is, without gradients.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=jit_compile, reduce_retracing=not jit_compile)
    if keras.backend.backend() == "jax":
        import jax

        @jax.jit
        def pure(values: Tensor, args: Any) -> Any:
            # Without the scope the weights of the first call would become constants.
            mapping = list(zip(model.variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                return function(*args)

        return lambda *args: pure([variable.value for variable in model.variables], args)
    if keras.backend.backend() == "torch":
        import torch

        return torch.no_grad()(function)
    return function


def has_accelerator() -> bool:
    """Whether the running backend sees a GPU or TPU."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return any(device.device_type != "CPU" for device in tf.config.list_logical_devices())
    if keras.backend.backend() == "torch":
        # Keras' own list of devices is not there on this backend.
        import torch

        return torch.accelerator.is_available()
    return not all(name.startswith("cpu") for name in keras.distribution.list_devices())


def gradients_of_each(
    function: Callable[[list[Tensor]], list[Tensor]], values: list[Tensor]
) -> list[list[Tensor]]:
    """Gradients of each of the scalars `function(values)` with respect to the list `values`.

    Args:
        function: From a list of tensors to a list of scalars; changes nothing.
        values: The tensors.

    Returns:
        A list by scalar of lists by value, tensors shaped as the values.

    Raises:
        RuntimeError: Keras runs on another backend than TensorFlow, JAX and PyTorch.
    """
    if keras.backend.backend() == "jax":
        import jax

        # By scalar and then by value: `jacrev` keeps the structure of both lists.
        return jax.jit(jax.jacrev(function))(values)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(persistent=True) as tape:
            tape.watch(values)
            losses = function(values)
        return [tape.gradient(one, values, unconnected_gradients="zero") for one in losses]
    if keras.backend.backend() == "torch":
        import torch

        values = [keras.ops.convert_to_tensor(value).detach().requires_grad_() for value in values]
        return [
            list(torch.autograd.grad(one, values, retain_graph=True, materialize_grads=True))
            for one in function(values)
        ]
    raise RuntimeError(
        "Gradients need TensorFlow, JAX or PyTorch. Received: KERAS_BACKEND="
        f"{keras.backend.backend()!r}; choose one of them."
    )


def trains_faster_with_xla() -> bool:
    """For `compile(jit_compile=...)`: XLA serves accelerators, and JAX knows nothing else.

    TensorFlow on a CPU trains a Transformer and a small ResNet faster without it, and Keras'
    own "auto" takes it.
    """
    return keras.backend.backend() == "jax" or has_accelerator()

"""Compiles a function that reads a model's weights, on whichever backend Keras runs."""

import keras


def compiled(model, function, jit_compile=False):
    """Compile `function(*tensors)`, which uses `model`, so that it sees the weights of each call.

    Args:
        model: A built Keras model; its weights are read anew at every call and not changed.
        function: Takes and gives nested structures of tensors.
        jit_compile: On TensorFlow, whether XLA compiles it. JAX always does.

    Returns:
        A callable of the same arguments; a plain one on a backend other than TensorFlow and JAX.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=jit_compile, reduce_retracing=not jit_compile)
    if keras.backend.backend() == "jax":
        import jax

        @jax.jit
        def pure(values, args):
            # Without the scope the weights of the first call would become constants.
            mapping = list(zip(model.variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                return function(*args)

        return lambda *args: pure([variable.value for variable in model.variables], args)
    return function


def has_accelerator():
    """Whether the running backend sees a GPU or TPU."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return any(device.device_type != "CPU" for device in tf.config.list_logical_devices())
    return not all(name.startswith("cpu") for name in keras.distribution.list_devices())

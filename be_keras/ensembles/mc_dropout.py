"""MCDropout: a trained network with its dropout left on, as a source of members."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import layers

from be_keras.backend import compiled
from be_keras.ensemble_model import EnsembleModel
from be_keras.keras_internals import layers_below
from be_keras.members import check_ensemble_size
from be_keras.types import Tensor

# What drops out or adds noise in training alone. Attention layers hold a Dropout of their own.
NOISY = (
    layers.Dropout,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.SpatialDropout3D,
    layers.AlphaDropout,
    layers.GaussianDropout,
    layers.GaussianNoise,
)


class MCDropout:
    """Samples of a network's dropout masks as members (Gal & Ghahramani, ICML 2016).

    Dropout stays as it was in training; everything else, norms among it, is as in prediction. The
    model itself is not changed.

    Args:
        model: A built Keras model from examples `(B, ...)` to logits `(B, ..., C)`, or an
            `EnsembleModel`, all members of which are sampled.
        samples: Number of masks S for every example, at least 1.

    Raises:
        ValueError: `samples` is no positive integer, or no layer of the model drops anything.

    Examples:
        >>> dense, dropout = keras.layers.Dense(2), keras.layers.Dropout(0.5)
        >>> model = keras.Sequential([keras.Input((3,)), dropout, dense])
        >>> ensemble = be_keras.ensembles.MCDropout(model, samples=3)
        >>> ensemble.logits(np.ones((4, 3), "float32"), seed=0).shape
        (4, 3, 2)
    """

    def __init__(self, model: keras.Model, samples: int) -> None:
        self.model = model
        self.samples = check_ensemble_size(samples)
        self._noisy = [layer for layer in layers_below(model) if isinstance(layer, NOISY)]
        if not any(_rate(layer) for layer in self._noisy):
            raise ValueError(
                f"Model {model.name!r} has no dropout to sample, or only with rate 0. Build and "
                "train it with keras.layers.Dropout of a rate above 0."
            )
        # States are read before and written after: JAX compiles functions without side effects.
        generators = [layer.seed_generator.state for layer in self._noisy if _rate(layer)]
        self._states = list({id(state): state for state in generators}.values())
        self._sample = compiled(model, self._sample_once)

    def logits(self, x: Tensor, batch_size: int = 256, seed: int | None = None) -> np.ndarray:
        """Logits `(B, S * M, ..., C)` of examples `x (B, ...)`, float32.

        M is 1 for a plain model. Every sample draws a mask for each example.

        Args:
            x: Array of examples.
            batch_size: Examples of a step.
            seed: Integer of 0 or more that decides the masks; None draws one from NumPy's global
                random state.
        """
        draw = np.random.default_rng(np.random.randint(2**31) if seed is None else seed)
        kept = [keras.ops.convert_to_numpy(state) for state in self._states]
        try:
            batches = [
                self._of_batch(x[start : start + batch_size], draw)
                for start in range(0, len(x), batch_size)
            ]
        finally:
            for state, value in zip(self._states, kept, strict=True):
                state.assign(value)
        return np.concatenate(batches)

    def _of_batch(self, x: Tensor, draw: np.random.Generator) -> np.ndarray:
        x, found = keras.ops.convert_to_tensor(x), []
        for _ in range(self.samples):
            for state in self._states:
                state.assign(draw.integers(2**32, size=2).astype(state.dtype))
            logits = np.asarray(keras.ops.convert_to_numpy(self._sample(x)), "float32")
            found.append(logits if isinstance(self.model, EnsembleModel) else logits[:, None])
        return np.concatenate(found, axis=1)  # (B, S * M, ..., C)

    def _sample_once(self, x: Tensor) -> Tensor:
        with _left_on(self._noisy):
            return self.model(x, training=False)


def _rate(layer: keras.Layer) -> float:
    """How much a layer drops, or its noise's deviation."""
    return getattr(layer, "rate", 0.0) or getattr(layer, "stddev", 0.0)


@contextmanager
def _left_on(noisy: Any) -> Iterator[None]:
    """Let layers act as in training, whatever they are told, while a function is traced."""
    for layer in noisy:
        layer.call = _training(type(layer).call.__get__(layer))
    try:
        yield
    finally:
        for layer in noisy:
            del layer.call


def _training(call: Callable[..., Any]) -> Callable[..., Any]:
    def on(inputs: Tensor, training: bool | None = None, **kwargs: Any) -> Any:
        return call(inputs, training=True, **kwargs)

    return on

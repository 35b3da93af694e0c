"""DeepEnsemble: M networks, each trained on its own seed, one after another."""

import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from be_keras.ensemble_model import EnsembleModel
from be_keras.members import check_ensemble_size
from be_keras.types import Tensor


class DeepEnsemble:
    """Independent networks as one source of logits (Lakshminarayanan et al., NeurIPS 2017).

    Network i is trained after `keras.utils.set_random_seed(seed + i)`, so a larger ensemble of
    the same seed begins with the networks of a smaller one. With a folder every network is
    written when it is trained, and the same call again goes on with the next.

    Args:
        train_network: Called without arguments; gives a trained Keras model from examples
            `(B, ...)` to logits `(B, ..., C)`. An `EnsembleModel`, which gives `(B, M, ..., C)`,
            adds all of its members.
        size: Number of networks, at least 1.
        seed: Seed of the first network.
        folder: Where `seed-<seed>.keras` of each network is kept; None keeps them in memory.

    Raises:
        ValueError: `size` is no positive integer.

    Examples:
        >>> def train_network():
        ...     return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])  # and fit it
        >>> ensemble = be_keras.ensembles.DeepEnsemble(train_network, size=2)
        >>> ensemble.train()
        [0, 1]
        >>> ensemble.network(seed=0).count_params()
        8
        >>> ensemble.logits(np.ones((4, 3), "float32")).shape
        (4, 2, 2)
    """

    def __init__(
        self,
        train_network: Callable[[], keras.Model],
        size: int,
        seed: int = 0,
        folder: str | Path | None = None,
    ) -> None:
        self.train_network = train_network
        self.size = check_ensemble_size(size)
        self.seeds = tuple(range(seed, seed + self.size))
        self.folder = None if folder is None else Path(folder)
        self._in_memory: dict[int, keras.Model] = {}

    def train(self) -> list[int]:
        """Train the networks that are not trained yet, and give their seeds."""
        missing = [seed for seed in self.seeds if not self._is_trained(seed)]
        for seed in missing:
            keras.utils.set_random_seed(seed)
            self._keep(seed, self.train_network())
        return missing

    def network(self, seed: int) -> keras.Model:
        """The trained network of one of `seeds`; ValueError if it has not been trained."""
        if seed in self._in_memory:
            return self._in_memory[seed]
        if not self._is_trained(seed):
            raise ValueError(
                f"The network of seed {seed} has not been trained; call train. Seeds of this "
                f"ensemble: {self.seeds}"
            )
        # Kept: loading and compiling takes longer than many predictions.
        self._in_memory[seed] = keras.saving.load_model(self._path(seed))
        return self._in_memory[seed]

    def logits(self, x: Tensor, batch_size: int = 256) -> np.ndarray:
        """Logits `(B, M, ..., C)` of examples `x (B, ...)`, float32, one network after another."""
        found = []
        for seed in self.seeds:
            network = self.network(seed)
            outputs = np.asarray(network.predict(x, batch_size=batch_size, verbose=0), "float32")
            found.append(outputs if isinstance(network, EnsembleModel) else outputs[:, None])
        return np.concatenate(found, axis=1)  # (B, M, ..., C)

    def _path(self, seed: int) -> Path:
        assert self.folder is not None
        return self.folder / f"seed-{seed}.keras"

    def _is_trained(self, seed: int) -> bool:
        return seed in self._in_memory or (self.folder is not None and self._path(seed).exists())

    def _keep(self, seed: int, model: keras.Model) -> None:
        if self.folder is None:
            self._in_memory[seed] = model
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"partial-{seed}-{os.getpid()}.keras"  # others may train it too
        model.save(partial)
        os.replace(partial, self._path(seed))  # whole or not at all

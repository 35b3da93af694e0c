"""Trained runs from disk: a run's folder to a source of logits `(N, M, C)`."""

from pathlib import Path

import keras
import numpy as np

from be_keras import EnsembleModel
from be_keras.backend import compiled
from be_keras.ensembles import MCDropout
from be_tracks.errors import UserError
from be_tracks.runs import checkpoints
from vision.data.scaling import Scaling
from vision.methods import Method
from vision.run_directory import RunDirectory


class Classifier:
    """All networks of a run as one source of logits.

    Args:
        run: the folder of a run that has been trained to its end.
        best: whether to take each network as it was at its lowest NLL on the images held out.

    Attributes:
        method: how the members came to be.
        shape: `(H, W, channels)` of an image.
        class_names: C names.
        networks: the models, each from `(B, H, W, channels)` to `(B, M, C)`.
        settings: what `run.json` holds.

    Raises:
        UserError: there is no run, or one that has not been trained to its end.
    """

    def __init__(self, run: str | Path, best: bool = False):
        self.folder = RunDirectory(run)
        self.settings = self.folder.settings()
        data, method = self.settings["data"], dict(self.settings["method"])
        self.seed = method.pop("seed")
        self.method = Method(**method)
        self.shape = tuple(data["shape"])
        self.class_names = tuple(data["class_names"])
        self.scaling = Scaling(*(tuple(data["scaling"][key]) for key in ("mean", "deviation")))
        where = self.folder.best if best else self.folder.network
        paths = [where(i) for i in range(self.method.networks)]
        missing = [path.name for path in paths if not path.exists()]
        if missing:
            raise UserError(
                f"{self.folder.path}: expected a trained run, got one without"
                f" {', '.join(missing)}; repeat the command that trains it, which goes on."
                + (" A best network needs images to validate on: --set hold_out=N." if best else "")
            )
        self.checkpoint_bytes = sum(path.stat().st_size for path in paths)
        self.networks = [load_model(path) for path in paths]
        self._sources = [self._source(model) for model in self.networks]

    def _source(self, model):
        if self.method.samples:
            return MCDropout(model, self.method.samples).logits
        return _predictor(model)

    def logits(self, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Logits `(N, M, C)`, float32, of uint8 images `(N, H, W, channels)`."""
        x = self.scaling(images)
        logits = [source(x, batch_size=batch_size, seed=self.seed) for source in self._sources]
        return np.concatenate(logits, axis=1)

    @property
    def parameters(self) -> int:
        """Weights of all networks together."""
        return sum(model.count_params() for model in self.networks)

    @property
    def weight_bytes(self) -> int:
        """Memory that the weights of all networks take."""
        return sum(
            int(np.prod(weight.shape)) * np.dtype(weight.dtype).itemsize
            for model in self.networks
            for weight in model.weights
        )


def _predictor(model):
    """Logits of arrays in steps. `predict` does the same, but takes long to begin with each."""
    of_batch = compiled(model, lambda x: model(x, training=False))

    def logits(x, batch_size, seed):
        parts = [x[start : start + batch_size] for start in range(0, len(x), batch_size)]
        outputs = [of_batch(keras.ops.convert_to_tensor(part)) for part in parts]
        return np.concatenate([keras.ops.convert_to_numpy(output) for output in outputs])

    return logits


def load_model(path: Path) -> EnsembleModel:
    """Load a `.keras` file; raises UserError unless a classifier of this version is in it."""
    remedy = "delete the file and repeat the command that made it"
    return checkpoints.load_model(path, EnsembleModel, "a classifier", remedy)

"""Trains one classifier as the settings of an experiment say, from images to a model."""

import dataclasses

import keras
import numpy as np

from be_keras import EnsembleModel
from be_keras.backend import trains_faster_with_xla
from be_keras.convert import distillation_targets, perturb, signs_in_the_head, to_batch_ensemble
from be_tracks.config import fast_initializer
from experiments.experiment import train_branched
from experiments.image_layers import VariedLayers
from vision.data.batches import Batches
from vision.data.images import Images
from vision.data.scaling import Scaling
from vision.settings import Settings
from vision.training.build import make_optimizer, new_classifier

MEASURED = 1_000  # examples on which the disagreement of perturbed members is measured


@dataclasses.dataclass(frozen=True)
class ImageSettings(Settings):
    """One trial's settings: those of the vision track, and what experiments alone vary.

    Attributes:
        heads: "members" (a BatchEnsemble layer), "independent" (a kernel each) or "shared".
        biases: of all layers but the head, "members" or "shared".
        branch: share of the steps trained as one network before members start, in [0, 1).
        fine_tune: updates after the `steps` of one network, with a schedule of their own: members
            are converted out of it where there are any. 0 for none.
        distill: weight of the network's own predictions beside the labels in what converted
            members learn, in [0, 1].
        perturb: target disagreement of two converted members on the training images, in [0, 1):
            fast weights are perturbed by as much as that takes. 0 leaves them as drawn.
        networks: how many networks of these settings make the ensemble.
        samples: dropout masks sampled for a test image; 0 for dropout off.
    """

    heads: str = "members"
    biases: str = "members"
    branch: float = 0.0
    fine_tune: int = 0
    distill: float = 0.0
    perturb: float = 0.0
    networks: int = 1
    samples: int = 0

    @property
    def one_at_first(self) -> bool:
        """Whether members begin as one network."""
        return bool(self.branch or self.fine_tune)


def new_model(settings: ImageSettings, images: Images) -> EnsembleModel:
    """Give a built and compiled model for such images; nothing is trained."""
    factory = None
    if settings.ensemble_size:
        factory = VariedLayers(
            settings.ensemble_size,
            fast_initializer(settings.fast_initializer),
            settings.fast_where,
            settings.norms,
            settings.dropout,
            heads=settings.heads,
            biases=settings.biases,
        )
    return new_classifier(settings, images, factory)


def train_classifier(settings: ImageSettings, images: Images, scaling: Scaling) -> EnsembleModel:
    """Train one classifier: from the start, branched off one network, or converted out of one.

    Args:
        settings: Model and training; `examples` is not read.
        images: The training images.
        scaling: Makes numbers of pixels.

    Returns:
        The trained model, from `(B, H, W, channels)` to logits `(B, M, C)`.
    """
    if settings.bagging:
        images = images.select(np.random.randint(len(images), size=len(images)))

    def fit(model, start, stop, targets=None):
        batches = Batches(
            images,
            scaling,
            settings.batch_size,
            stop - start,
            settings.augment,
            targets,
            flip=settings.flip,
        )
        model.fit(batches.stream(), steps_per_epoch=stop - start, shuffle=False, verbose=0)

    if not settings.fine_tune:
        return train_branched(settings, lambda changed: new_model(changed, images), fit)
    alone = dataclasses.replace(settings, ensemble_size=None, fine_tune=0)
    network = train_classifier(alone, images, scaling)
    x, model = scaling(images.images), network
    if settings.ensemble_size:
        model = convert(network, settings, x)
    targets = distillation_targets(
        network.body, x, images.labels, settings.distill, outputs="logits", batch_size=500
    )
    model.compile(
        # The schedule of these steps is their own.
        make_optimizer(dataclasses.replace(settings, steps=settings.fine_tune)),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=trains_faster_with_xla(),
    )
    fit(model, 0, settings.fine_tune, targets)
    return model


def convert(network: EnsembleModel, settings: ImageSettings, x: np.ndarray) -> EnsembleModel:
    """Make a BatchEnsemble, not compiled, of a trained single network, which is left alone.

    Args:
        network: One network, its body made of plain Keras layers.
        settings: Gives members, the initialiser of fast weights (signs in the head alone where
            `where` is "last"), `perturb` and the loss over members.
        x: Scaled images `(N, H, W, channels)` on which `perturb` is measured.
    """
    initializer = fast_initializer(settings.fast_initializer)
    if settings.fast_where == "last":
        initializer = signs_in_the_head(network.body)
    model = to_batch_ensemble(
        network.body,
        settings.ensemble_size,
        r_initializer=initializer,
        s_initializer=initializer,
        members=settings.members,
        member_loss=settings.member_loss,
        outputs="logits",
        tiles="inputs",
    )
    if settings.perturb:
        perturb(model, x[:MEASURED], settings.perturb, seed=int(np.random.randint(2**31)))
    return model

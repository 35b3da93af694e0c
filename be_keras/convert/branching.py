"""Branching: members that begin as one trained network, and part from there."""

import keras
import numpy as np
from keras import ops

from be_keras.types import Shape


def branch_off(network: keras.Model, ensemble: keras.Model) -> list[str]:
    """Copy a trained network into an ensemble of the same body; fast weights are left alone.

    Every weight of the network goes to the ensemble's weight of the same path below the body: a
    shared one is copied, one with a member axis gets a copy for every member. With fast weights
    of exactly one each member then equals the network; the further from one they are drawn, the
    further apart members begin.

    Args:
        network: A built model with a `body`, such as an `EnsembleModel` of one plain network.
        ensemble: A built `EnsembleModel` with a body of the same layers and layer names.

    Returns:
        Paths of the ensemble's weights that had no counterpart: the fast weights, as a rule.

    Raises:
        ValueError: A weight of the network has no place in the ensemble, or another shape.

    Examples:
        >>> def body(kind, **options):
        ...     return keras.Sequential([keras.Input((3,)), kind(2, name="head", **options)])
        >>> network = be_keras.EnsembleModel(body(keras.layers.Dense), 1)
        >>> members = body(be_keras.DenseBatchEnsemble, ensemble_size=4)
        >>> ensemble = be_keras.EnsembleModel(members, 4)
        >>> be_keras.convert.branch_off(network, ensemble)
        ['head/r', 'head/s']
    """
    places = _weights_by_path(ensemble.body)
    weights = _weights_by_path(network.body)
    for path, weight in weights.items():
        place = places.get(path)
        if place is None or not _fits(weight.shape, place.shape, ensemble.ensemble_size):
            raise ValueError(
                f"Weight {path!r} of the network, shape {tuple(weight.shape)}, needs a "
                "weight of that path and shape in the ensemble, with or without a member axis "
                f"in front. Found: {None if place is None else tuple(place.shape)}. Build both "
                "bodies of the same layers and names."
            )
    for path, weight in weights.items():  # all fit: nothing is left half copied
        # A copy on the host: JAX would let both models share one buffer, which training gives away.
        values = ops.convert_to_numpy(weight)
        places[path].assign(np.broadcast_to(values, places[path].shape))
    return sorted(places.keys() - weights.keys())


def _weights_by_path(body: keras.Layer) -> dict[str, keras.Variable]:
    """All weights but the states of random generators; the body's own name is left out."""
    return {
        weight.path.removeprefix(f"{body.name}/"): weight
        for weight in body.weights
        if "seed_generator" not in weight.path
    }


def _fits(shape: Shape, place: Shape, ensemble_size: int) -> bool:
    """Whether a weight is the shared one, or goes `ensemble_size` times into the members' one.

    A network's own may have a member axis too, of length 1.
    """
    shape, place = tuple(shape), tuple(place)
    of_members = ((ensemble_size, *shape), (ensemble_size, *shape[1:]) if shape[:1] == (1,) else ())
    return shape == place or place in of_members

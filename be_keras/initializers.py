"""Initialisers of the fast weights r and s; what they draw decides how far members differ.

Zero-mean signs put members in the independent regime of Velikanov et al. (AISTATS 2022), a
normal around one with a small spread in the collective one; ones make all members equal.
"""

import math
from typing import Any

import keras
from keras import ops

from be_keras.types import Config, Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class RandomSign(keras.initializers.RandomUniform):
    """Draws +1 with the given probability and -1 otherwise (Wen et al., ICLR 2020).

    Args:
        probability: Probability of +1, in [0, 1].
        seed: Int, `keras.random.SeedGenerator` or None.

    Raises:
        ValueError: `probability` lies outside [0, 1].

    Examples:
        >>> signs = be_keras.initializers.RandomSign(probability=0.5, seed=1)((4, 3))
        >>> set(keras.ops.convert_to_numpy(signs).ravel().tolist()) <= {-1.0, 1.0}
        True
    """

    def __init__(
        self, probability: float = 0.5, seed: int | keras.random.SeedGenerator | None = None
    ) -> None:
        if not 0.0 <= probability <= 1.0:
            raise ValueError(
                "`probability` of a positive sign must lie in [0, 1]. "
                f"Received: probability={probability!r}"
            )
        self.probability = probability
        super().__init__(minval=0.0, maxval=1.0, seed=seed)

    def __call__(self, shape: Shape, dtype: str | None = None) -> Tensor:
        uniform = super().__call__(shape, dtype="float32")
        # From booleans: numbers chosen by `where` are weakly typed on JAX, and compile twice.
        positive = ops.cast(uniform < self.probability, dtype or keras.config.floatx())
        return 2.0 * positive - 1.0

    def get_config(self) -> Config:
        return {"probability": self.probability, "seed": super().get_config()["seed"]}


@keras.saving.register_keras_serializable(package="be_keras")
class NormalAroundOne(keras.initializers.RandomNormal):
    """Draws from N(1, stddev): members start close together and learn together.

    Args:
        stddev: Standard deviation, 0 or more; 0.5 is uncertainty-baselines' choice.
        seed: Int, `keras.random.SeedGenerator` or None.

    Raises:
        ValueError: `stddev` is negative.

    Examples:
        >>> ones = be_keras.initializers.NormalAroundOne(stddev=0.0)((2, 2))
        >>> keras.ops.convert_to_numpy(ones).tolist()
        [[1.0, 1.0], [1.0, 1.0]]
    """

    def __init__(
        self, stddev: float = 0.5, seed: int | keras.random.SeedGenerator | None = None
    ) -> None:
        if stddev < 0:
            raise ValueError(f"`stddev` must not be negative. Received: stddev={stddev!r}")
        super().__init__(mean=1.0, stddev=stddev, seed=seed)

    def get_config(self) -> Config:
        return {"stddev": self.stddev, "seed": super().get_config()["seed"]}


def get(identifier: Initializer) -> Any:
    """Give an initialiser by its name.

    Args:
        identifier: "random_sign", "normal_around_one", or whatever `keras.initializers.get` takes.

    Returns:
        A Keras initialiser, or the callable that was given.

    Raises:
        ValueError: Nothing has that name.

    Examples:
        >>> type(be_keras.initializers.get("random_sign")).__name__
        'RandomSign'
    """
    own = {"random_sign": RandomSign, "normal_around_one": NormalAroundOne}
    if isinstance(identifier, str) and identifier in own:
        return own[identifier]()
    return keras.initializers.get(identifier)


def from_text(text: str) -> keras.initializers.Initializer:
    """Give the initialiser that a text such as a command line's names.

    Args:
        text: "random_sign", "sign:<probability of +1>", "normal:<mean>:<stddev>" or "ones".

    Raises:
        ValueError: Another text, or numbers out of range. The message goes on after "must be".

    Examples:
        >>> be_keras.initializers.from_text("sign:0.7").probability
        0.7
    """
    kind, *words = text.split(":")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = [math.nan]
    if all(map(math.isfinite, numbers)):
        if (kind, len(numbers)) == ("random_sign", 0):
            return RandomSign()
        if (kind, len(numbers)) == ("sign", 1) and 0 <= numbers[0] <= 1:
            return RandomSign(numbers[0])
        if (kind, len(numbers)) == ("normal", 2) and numbers[1] >= 0:
            return keras.initializers.RandomNormal(*numbers)
        if (kind, len(numbers)) == ("ones", 0):
            return keras.initializers.Ones()
    raise ValueError(
        "random_sign, ones, sign:<probability of +1> such as sign:0.7, or "
        f"normal:<mean>:<stddev> such as normal:1:0.5; got {text!r}."
    )


def fresh(initializer: Any, weight: int = 0, part: int = 0, layer: int = 0) -> Any:
    """Copy an initialiser so that it draws values of its own.

    Keras' initialisers draw the same values at every call. Two weights that share one, such as
    the r and s of a square layer, would come out equal; this gives each a seed of its own.

    Args:
        initializer: A Keras initialiser, or any callable of shape and dtype, given back as is.
        weight: Which weight of a layer without parts it is for, 0 to 9.
        part: Which part of a layer, such as one of the projections of an attention, 0 to 99.
        layer: Which layer of a model. A copy of a copy adds these up.

    Examples:
        >>> initializer = be_keras.initializers.RandomSign(seed=1)
        >>> r, s = (be_keras.initializers.fresh(initializer, weight)((9,)) for weight in (0, 1))
        >>> bool(keras.ops.all(r == initializer((9,)))), bool(keras.ops.all(r == s))
        (True, False)
    """
    config = initializer.get_config() if hasattr(initializer, "get_config") else {}
    if "seed" not in config or isinstance(config["seed"], dict):
        return initializer  # constants, and seed generators, which move on by themselves
    if config["seed"] is not None:
        # Seeds are 32 bits wide; an odd factor keeps them apart all the same.
        config["seed"] = (config["seed"] + 1_000_003 * (weight + 10 * part + 1_000 * layer)) % 2**32
    return type(initializer).from_config(config)

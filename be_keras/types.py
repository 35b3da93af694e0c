"""Names for what arguments are, where Keras has no types to say it with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

# A tensor of the running backend, a KerasTensor, or an array; also a nested structure of them
# where a docstring says so.
Tensor = Any
Shape = Sequence[Any]  # of int, None or scalar tensors
Config = dict[str, Any]
Columns = Mapping[str, np.ndarray]
Array = np.ndarray | Sequence[Any]

Activation = str | Callable[[Tensor], Tensor] | None
Initializer = str | Config | keras.initializers.Initializer | Callable[..., Tensor] | None
Regularizer = str | Config | keras.regularizers.Regularizer | Callable[[Tensor], Tensor] | None
Constraint = str | Config | keras.constraints.Constraint | Callable[[Tensor], Tensor] | None

# The base of a mixin that calls the methods of the class of Keras after it.
Mixin: Any = object

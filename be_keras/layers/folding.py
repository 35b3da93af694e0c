"""Folding: M convolutions with kernels W ∘ (r_i s_iᵀ), one for each member's rows.

Exactly what one convolution between two scalings of activations computes. Which of the two is
cheaper depends on what is larger, the activations or M kernels.
"""

import math
from collections.abc import Callable, Sequence

from keras import ops

from be_keras.backend import has_accelerator
from be_keras.members import merge_members, split_members
from be_keras.types import Shape, Tensor

# A batch of unknown size, which Keras' `fit` often traces, is taken for so many examples.
UNKNOWN_EXAMPLES = 16
# Each member's convolution is compiled by itself: under XLA the gradients of two convolutions of 32
# members took a minute and a half to compile.
MOST_MEMBERS = 16


def folding_pays(
    input_shape: Shape, output_shape: Shape, kernel_sizes: Sequence[int], ensemble_size: int
) -> bool:
    """Whether scaling the kernel for each member is cheaper than scaling the activations.

    On CPU a pass over memory is dear: scaling the activations of a 3x3 convolution and taking its
    gradients took half as long again as the plain layer. On accelerators, where compilers fuse
    the scalings and many small convolutions may not fill the device, nothing is folded, and neither
    is it for more than `MOST_MEMBERS`.

    Args:
        input_shape, output_shape: Shapes of rows; unknown sizes are None.
        kernel_sizes: Numbers of elements of the shared kernels.
        ensemble_size: Number of members M.
    """
    if has_accelerator() or ensemble_size > MOST_MEMBERS:
        return False
    rows = input_shape[0]
    if not isinstance(rows, int):
        rows = UNKNOWN_EXAMPLES * ensemble_size
    activations = sum(
        rows * math.prod(size or 1 for size in shape[1:]) for shape in (input_shape, output_shape)
    )
    # Measured in training, graph and XLA: about alike where activations are twice as many.
    return activations > 3 * ensemble_size * sum(kernel_sizes)


def for_each_member(
    function: Callable[[Tensor, int], Tensor], rows: Tensor, ensemble_size: int
) -> Tensor:
    """Apply `function(rows (B, ...), member)` to each member's rows `(B * M, ...)`.

    Returns:
        Rows `(B * M, ...)` of what it gives.
    """
    # Splitting, unlike indexing, has a gradient that is one concatenation.
    members = ops.split(split_members(rows, ensemble_size), ensemble_size, axis=1)
    outputs = [function(merge_members(each), member) for member, each in enumerate(members)]
    return merge_members(ops.stack(outputs, axis=1))

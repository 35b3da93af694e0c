"""Keras masks of tensors, read and attached by public means: only layers carry them in Keras."""

import keras


class _ReadMask(keras.layers.Layer):
    def __init__(self):
        super().__init__(name="read_mask", autocast=False)

    def call(self, inputs, mask=None):
        return mask

    def compute_mask(self, inputs, previous_mask):
        return None


class _AttachMask(keras.layers.Layer):
    def __init__(self):
        super().__init__(name="attach_mask", autocast=False)

    def call(self, inputs):
        return inputs[0]

    def compute_mask(self, inputs, previous_mask):
        return inputs[1]


def mask_of(tensor):
    """Give the Keras mask of a tensor, or None if it carries none."""
    return _ReadMask()(tensor)


def with_mask(tensor, mask):
    """Give a tensor that carries a mask; a `mask` of None leaves it without one."""
    return tensor if mask is None else _AttachMask()([tensor, mask])

"""Checks of the arguments that convolutions of every kind take."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from be_keras.types import Tensor


def positive_integer(name: str, value: int) -> int:
    """Give `value` back as an int if it is a positive integer; else raise ValueError."""
    if not _is_integer(value) or value < 1:
        raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}")
    return int(value)


def one_for_each_axis(
    name: str, value: int | Sequence[int], rank: int, least: int = 1
) -> tuple[int, ...]:
    """Give a tuple of `rank` integers, one for each axis of a window.

    Args:
        name: Name of the argument, for the message.
        value: One integer for all axes, or one for each.
        rank: Number of axes.
        least: Smallest value allowed.

    Raises:
        ValueError: `value` is neither, or an integer is too small.
    """
    values: tuple[Any, ...] = tuple(value) if isinstance(value, tuple | list) else (value,) * rank
    wrong = [each for each in values if not _is_integer(each) or each < least]
    if len(values) != rank or wrong:
        raise ValueError(
            f"`{name}` must be one integer, or {rank} of them, each at least {least}. "
            f"Received: {name}={value!r}"
        )
    return tuple(int(each) for each in values)


def one_of(name: str, value: str, known: Sequence[str]) -> str:
    """Give `value` back if it is one of `known`; else raise ValueError."""
    if value not in known:
        raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}")
    return value


def refuse_dilated_strides(strides: Sequence[int], dilation_rate: Sequence[int]) -> None:
    """Raise ValueError where both strides and dilation are above one, which Keras has not."""
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise ValueError(
            "There are no strides together with dilation: set one of them to 1. Received: "
            f"strides={strides}, dilation_rate={dilation_rate}"
        )


def _is_integer(value: Tensor) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)

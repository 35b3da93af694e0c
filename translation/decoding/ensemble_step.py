"""Members speak as one at the step of a search: the mean of their probabilities, in log space."""

import math

from keras import ops


def mean_log_probs(member_log_probs, axis):
    """Average members' probabilities: `logsumexp` over the members, less `log M`.

    Args:
        member_log_probs: float tensor with the members on `axis`, such as `(N, M, V)`; each
            member's log-probabilities, minus infinity allowed.
        axis: int, the axis of the members, of static length M.

    Returns:
        The same tensor without `axis`: log-probabilities of the ensemble, such as `(N, V)`.

    Raises:
        ValueError: the length of `axis` is not known or is 0.
    """
    members = member_log_probs.shape[axis]
    if not members:
        raise ValueError(
            f"Expected at least one member on axis {axis}, of static length; received shape "
            f"{tuple(member_log_probs.shape)}."
        )
    return ops.logsumexp(member_log_probs, axis=axis) - math.log(members)

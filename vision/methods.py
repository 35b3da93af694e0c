"""The methods that are compared: what each changes in the settings, and how it is tested.

Takes a method's name and sizes; gives a frozen `Method`.
"""

import dataclasses

from be_tracks.errors import UserError
from vision.settings import Settings

METHODS = {
    "single": "one network",
    "deep-ensemble": "networks trained apart, each on its seed",
    "bagging": "networks trained apart, each on images drawn with repeats",
    "mc-dropout": "one network, its dropout left on and sampled",
    "batch-ensemble": "members that share all kernels",
    "batch-ensemble-dropout": "members that share all kernels, their dropout left on and sampled",
}
DROPOUT = 0.1  # where the settings say none and the method needs it
SIZE = 4
SAMPLES = {"mc-dropout": 16, "batch-ensemble-dropout": 4}


@dataclasses.dataclass(frozen=True)
class Method:
    """One way to an ensemble.

    Attributes:
        name: a key of `METHODS`.
        networks: networks trained one after another.
        members: members M of a network, or None for plain layers.
        samples: dropout masks for an image at test time, or 0.
    """

    name: str
    networks: int = 1
    members: int | None = None
    samples: int = 0

    def apply(self, settings: Settings) -> Settings:
        """Give the settings of each network. Dropout is added where the method needs some."""
        dropout = settings.dropout or (DROPOUT if self.samples else 0.0)
        return dataclasses.replace(
            settings,
            ensemble_size=self.members,
            dropout=dropout,
            bagging=self.name == "bagging",
        )

    @property
    def ensemble_size(self) -> int:
        """How many predictions for an image are averaged."""
        return self.networks * (self.members or 1) * max(1, self.samples)


def make_method(name: str, size: int | None = None, samples: int | None = None) -> Method:
    """Give a method.

    Args:
        name: a key of `METHODS`.
        size: networks of a deep ensemble, or members; None for 4.
        samples: dropout masks at test time; None for 16, or 4 for each of several members.

    Raises:
        UserError: an unknown name, a size that the method has no use for, or one below 1.
    """
    if name not in METHODS:
        raise UserError(f"expected a method out of {', '.join(METHODS)}; got {name!r}.")
    sized, sampled = name not in ("single", "mc-dropout"), name in SAMPLES
    for option, value, used in (("ensemble-size", size, sized), ("samples", samples, sampled)):
        if value is not None and not used:
            raise UserError(f"method {name} takes no --{option}; got {value}. Leave it out.")
        if value is not None and not 1 <= value <= 1_000:
            raise UserError(f"--{option} must be from 1 to 1,000; got {value}.")
    size = SIZE if size is None else size
    apart = name in ("deep-ensemble", "bagging")
    return Method(
        name,
        networks=size if apart else 1,
        members=size if name.startswith("batch-ensemble") else None,
        samples=(samples or SAMPLES[name]) if sampled else 0,
    )

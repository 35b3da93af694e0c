"""What the tracks share that is no method: command line, errors, atomic writes, plot styles."""

from be_tracks import quiet  # noqa: F401  before anything that imports TensorFlow

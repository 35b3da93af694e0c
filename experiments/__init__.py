"""Research on what makes members differ: trials of sweeps, and tables and figures of them."""

import be_tracks  # noqa: F401  a quiet start of TensorFlow

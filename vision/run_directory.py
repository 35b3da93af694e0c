"""The directory of one training run.

    run.json          settings, method and the data they belong to
    log.jsonl         one line a checkpoint
    network-<i>.keras trained network i; BatchEnsemble's members are one network
    best-<i>.keras    network i as it was at its lowest NLL on the images held out, if any were
    checkpoints-<i>/  network i with its optimiser at its last checkpoints, while it is in training
"""

from pathlib import Path

from be_tracks.runs import run_directory


class RunDirectory(run_directory.RunDirectory):
    """Reads and writes a run's files.

    What writes raises UserError where the disk refuses, and leaves the file as it was.

    Args:
        path: the directory; it need not exist yet.
    """

    PARTS = ("settings", "method", "data")
    COUNTS = ("network", "step")

    def network(self, index: int) -> Path:
        """Where network `index` lies when it is trained."""
        return self.path / f"network-{index}.keras"

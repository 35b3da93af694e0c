"""The folder of one training run.

    run.json          settings, method and the data they belong to
    log.jsonl         one line a checkpoint
    network-<i>.keras trained network i; BatchEnsemble's members are one network
    best-<i>.keras    network i as it was at its lowest NLL on the images held out, if any were
    states-<i>/       network i with its optimiser at its last checkpoints, while it is in training
"""

from pathlib import Path

from be_tracks.runs import run_directory as run_folder
from be_tracks.runs.checkpoints import Checkpoints


class RunFolder(run_folder.RunFolder):
    """Reads and writes a run's files.

    What writes raises UserError where the disk refuses, and leaves the file as it was.

    Args:
        path: the folder; it need not exist yet.
    """

    PARTS = ("settings", "method", "data")

    def network(self, index: int) -> Path:
        """Where network `index` lies when it is trained."""
        return self.path / f"network-{index}.keras"

    def best(self, index: int) -> Path:
        """Where network `index` lies as it was at its best validation."""
        return self.path / f"best-{index}.keras"

    def states(self, index: int) -> Checkpoints:
        """The last states of network `index` while it is in training."""
        return Checkpoints(self.path / f"states-{index}")

    def networks(self) -> list[Path]:
        """Give the trained networks, in order."""
        found = self.path.glob("network-*.keras")
        return sorted(found, key=lambda path: int(path.stem.partition("-")[2]))

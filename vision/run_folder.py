"""The folder of one training run.

    run.json          settings, method and the data they belong to
    log.jsonl         one line a checkpoint
    network-<i>.keras trained network i; BatchEnsemble's members are one network
    last-<i>.keras    network i with its optimiser, while it is in training
"""

from pathlib import Path

from be_keras.tracks import run_folder


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

    def last(self, index: int) -> Path:
        """Where network `index` lies while it is in training."""
        return self.path / f"last-{index}.keras"

    def networks(self) -> list[Path]:
        """Give the trained networks, in order."""
        found = self.path.glob("network-*.keras")
        return sorted(found, key=lambda path: int(path.stem.partition("-")[2]))

"""XLA that compiles fast, for every test process, and the order of the files."""

import os

# Tests compile far more than they run: XLA leaves out its slow passes, and emits code the short way
# (its fusions through MLIR take three times as long to compile). Processes that tests start inherit
# this.
FAST_TO_COMPILE = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {FAST_TO_COMPILE}".strip()


def pytest_collection_modifyitems(items):
    """End on many short files, so that no process is still busy with a long one when others end."""
    items.sort(key=lambda item: "layers" in item.path.parts)

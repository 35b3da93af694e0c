"""What a result was made with."""

import importlib
import os
import platform

import keras


def environment() -> dict:
    """What a result was made with: versions, backend, processor, cores."""
    backend = keras.backend.backend()
    return {
        "python": platform.python_version(),
        "keras": keras.version(),
        "backend": f"{backend} {importlib.import_module(backend).__version__}",
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }

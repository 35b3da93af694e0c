"""A quiet start: TensorFlow's notes about CUDA and oneDNN are left out while it is imported.

Some of them are written before TensorFlow reads any setting of how much to write. Whatever is no
such note is shown, and all of it where the import fails.
"""

import contextlib
import importlib.util
import os
import re
import sys
import tempfile
from importlib.abc import MetaPathFinder

# Of absl's log, of TensorFlow's own, and the lines that go with them.
NOTE = re.compile(
    rb"[IWE]\d{4} |\d{4}-\d\d-\d\d [\d:.]+: [IWE] |WARNING: All log messages before absl::"
    rb"|To enable the following instructions"
)


@contextlib.contextmanager
def without_notes():
    """Hold back what the block writes to standard error, C++ included, and show what is no note."""
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    failed = True
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
            failed = False
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            with contextlib.suppress(OSError):
                os.write(2, b"".join(line for line in held if failed or not NOTE.match(line)))


class _QuietTensorFlow(MetaPathFinder):
    """Finds TensorFlow as Python would, once, and has it imported without its notes."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            execute = spec.loader.exec_module

            def quietly(module):
                with without_notes():
                    execute(module)

            spec.loader.exec_module = quietly
        return spec


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, _QuietTensorFlow())

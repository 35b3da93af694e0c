"""What is left out of standard error while TensorFlow is imported, and what is not."""

import os
import subprocess
import sys

import pytest

from be_tracks.quiet import without_notes

NOTES = b"""WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795948833.755348 31873 cudart_stub.cc:31] Could not find cuda drivers
2026-11-29 10:00:00.123456: E external/xla/cuda_dnn.cc:9261] Unable to register cuDNN factory
2026-11-29 10:00:00.123456: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.
To enable the following instructions: AVX2 FMA, rebuild TensorFlow.
"""
OTHERS = b"""F0000 00:00:1795948833.755348 31873 env.cc:1] Check failed: memory
Segmentation fault
A warning of Python's.
"""


def test_notes_are_left_out_and_the_rest_is_shown(capfd):
    with without_notes():
        os.write(2, NOTES + OTHERS)
    assert capfd.readouterr().err == OTHERS.decode()


def test_all_is_shown_where_the_import_fails(capfd):
    with pytest.raises(ImportError), without_notes():
        os.write(2, NOTES)
        raise ImportError
    assert capfd.readouterr().err == NOTES.decode()


def test_standard_error_that_is_closed():
    code = "import os; os.close(2)\nfrom be_tracks.quiet import without_notes\n"
    code += "with without_notes(): print('ran')"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE).stdout == b"ran\n"


def test_an_import_of_tensorflow_writes_nothing():
    pytest.importorskip("tensorflow")
    code = "import be_tracks, tensorflow as tf\n"
    code += "tf.function(lambda x: x + 1, jit_compile=True)(tf.constant(1.0))"
    environment = {name: v for name, v in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert (found.returncode, found.stderr) == (0, b"")

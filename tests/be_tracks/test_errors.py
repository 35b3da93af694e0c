"""What a disk refuses becomes a message that names the path and what to do."""

import errno
import os

import pytest

from be_tracks.errors import UserError, refusals_explained


def test_a_refusal_is_explained():
    with pytest.raises(UserError, match=r"^out/a: cannot be written \(No space left.*\); mend it$"):
        with refusals_explained("out/a", "mend it"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_other_errors_pass():
    with pytest.raises(ValueError, match="other"), refusals_explained("out"):
        raise ValueError("other")

"""A split as tensorflow-datasets has it, downloaded and prepared at its first use.

Takes the name of a dataset of its `Translation` feature and two languages, gives pairs. Knows no
WMT. tensorflow-datasets and TensorFlow are imported when it is first asked for something.
"""

import errno
from collections.abc import Iterator
from pathlib import Path

from be_tracks.errors import UserError
from translation.data.text import Pair
from translation.preparation.tfds_streaming import streamed

_BATCH = 1024  # examples that leave TensorFlow in one go


class TfdsPairs:
    """One split of a dataset; made quickly, downloaded by the first `pairs()`.

    Args:
        name: of dataset and config, such as "wmt14_translate/de-en".
        split: its own name for the split.
        languages: of source and target; the dataset's pairs may have them the other way around.
        data_dir: where it keeps what it downloads and prepares; None is its own default.
        instead: what to do where downloading fails, a sentence's end.
    """

    def __init__(
        self,
        name: str,
        split: str,
        languages: tuple[str, str],
        data_dir: str | Path | None = None,
        instead: str = "name files of your own with --source and --target",
    ):
        self.name, self.split, self.languages = name, split, languages
        self.data_dir, self.instead = data_dir, instead

    def pairs(self) -> Iterator[Pair]:
        """Give the pairs in the order in which they lie on disk.

        Raises UserError where the data can be neither found nor made.
        """
        builder = self._builder()
        self._download(builder)
        import tensorflow_datasets as tfds

        # One file after another: the order is the same at every call.
        one_by_one = tfds.ReadConfig(interleave_cycle_length=1)
        try:
            examples = builder.as_dataset(
                split=self.split, shuffle_files=False, read_config=one_by_one
            ).batch(_BATCH)
            for batch in examples.as_numpy_iterator():
                sides = (map(_text, batch[language].tolist()) for language in self.languages)
                yield from zip(*sides, strict=True)
        except Exception as error:  # of TensorFlow: a file is cut short, or gone
            raise self._unreadable(builder.data_dir, error) from error

    def describe(self) -> dict:
        """Give the dataset's full name, with its version, and the split.

        Raises UserError where what is prepared already is damaged.
        """
        return {"dataset": self._builder().info.full_name, "split": self.split}

    def _builder(self):
        try:
            import tensorflow_datasets as tfds
        except ImportError as error:
            raise UserError(
                f"{self.name} needs tensorflow-datasets, which cannot be imported ({error});"
                " install it with: pip install 'be_keras[translation]'"
            ) from None
        data_dir = None if self.data_dir is None else str(self.data_dir)
        try:
            return streamed(tfds.builder(self.name, data_dir=data_dir))
        except Exception as error:  # of protobuf and others: it reads what is prepared already
            folder = Path(data_dir or tfds.core.constants.DATA_DIR) / self.name
            raise self._unreadable(folder, error) from error

    def _unreadable(self, folder: str | Path, error: Exception) -> UserError:
        """Give the error for a folder with a prepared dataset that is damaged or out of reach."""
        cure = "Delete that folder and repeat the command"
        if any(map(_is_of_folder, _causes(error))):
            cure = _FOLDER[1]
        return UserError(
            f"{self.name}: what is prepared in {folder} cannot be read"
            f" ({type(error).__name__}: {_first_line(error)}). {cure}, or {self.instead}."
        )

    def _download(self, builder) -> None:
        """Let the builder download and prepare, unless that was done; say what to do if not."""
        try:
            builder.download_and_prepare()
        except Exception as error:  # of the network, its libraries, archives, or the disk
            reason, cure = explain(error)
            raise UserError(
                f"{self.name} could not be prepared in {builder.data_dir}: {reason}"
                f" ({type(error).__name__}: {_first_line(error)}). {cure}, or {self.instead}."
            ) from error


_DELETE = "Delete it from the folder downloads beside the dataset and repeat the command"
_FOLDER = ("the folder cannot be used", "Choose another with --tfds-dir")
# What a disk says and no network does.
_OF_FOLDER = (
    PermissionError,
    FileNotFoundError,
    FileExistsError,
    NotADirectoryError,
    IsADirectoryError,
)
_OF_FOLDER_NUMBERS = (errno.EROFS, errno.EIO, errno.ENAMETOOLONG, errno.ELOOP)
# By the names of the errors' classes, since they come from many libraries.
_CURES = {
    "DownloadError": ("the server refused", "Repeat the command later"),
    "NonMatchingChecksumError": ("a file is not the one expected", _DELETE),
    "ExtractError": ("an archive is damaged", _DELETE),
    "UnsafeArchiveError": ("an archive is not to be trusted", _DELETE),
    "AssertionError": (
        "a file has to be fetched by hand, or is not as expected",
        "Do what the message says",
    ),
    "MemoryError": ("an archive does not fit into memory", "Use a machine with more"),
}


def explain(error: Exception) -> tuple[str, str]:
    """Give what an error of downloading or preparing means, and the cure."""
    causes = _causes(error)
    if any(map(_is_full_disk, causes)):
        return "the disk is full", "Make room, or choose another disk with --tfds-dir"
    if any(map(_is_of_folder, causes)):
        return _FOLDER
    for cause in reversed(causes):
        if type(cause).__name__ in _CURES:
            return _CURES[type(cause).__name__]
    return (
        "the download failed",
        "Check the network and its proxy and repeat the command, which keeps whole files",
    )


def _causes(error: Exception) -> list[BaseException]:
    """Give an error, what it was raised from, and so on."""
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    return causes


def _is_of_folder(error: BaseException) -> bool:
    return isinstance(error, _OF_FOLDER) or getattr(error, "errno", None) in _OF_FOLDER_NUMBERS


def _is_full_disk(error: BaseException) -> bool:
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    return full or "enough disk space" in str(error)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:300]


def _text(sentence: bytes) -> str:
    r"""Decode a sentence; a "\n" in it would part the sides."""
    return sentence.decode("utf-8").replace("\n", " ")

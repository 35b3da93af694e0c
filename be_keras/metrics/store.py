"""Gathers the records of many batches on the host: dicts of `(B, ...)` arrays come in, flat NumPy
columns of one length go out, to the scores or to an `.npz` file.
"""

import os
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from keras import ops


class Records:
    """Columns of records, gathered batch by batch as flat NumPy arrays of one length.

    Args:
        columns: dict of arrays `(N,)` to begin with; None starts empty.

    Raises:
        ValueError: if the arrays are not 1-D and of one length.
    """

    def __init__(self, columns=None):
        columns = {name: np.asarray(column) for name, column in (columns or {}).items()}
        shapes = {name: column.shape for name, column in columns.items()}
        if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
            raise ValueError(f"Columns must be 1-D and of one length. Received: {shapes}")
        self._batches = [columns] if columns else []

    def append(self, records, keep=None, group=None):
        """Add one batch of records.

        Args:
            records: dict of arrays or tensors of one shape `(B, ...)`; the same names each time.
            keep: boolean mask of that shape, True where a record counts (not padding).
            group: integers `(B,)`, such as the index of the sentence; becomes the column
                `group` of every kept record, the unit that a cluster bootstrap resamples.

        Raises:
            ValueError: if shapes or names do not fit those of the batch or of earlier batches.
        """
        if not records:
            raise ValueError("Expected at least one array of records. Received an empty dict")
        batch = {name: ops.convert_to_numpy(array) for name, array in records.items()}
        shape = next(iter(batch.values())).shape
        if group is not None:
            batch["group"] = _per_record(ops.convert_to_numpy(group), shape)
        keep = np.ones(shape, bool) if keep is None else ops.convert_to_numpy(keep).astype(bool)
        shapes = {name: array.shape for name, array in batch.items()} | {"keep": keep.shape}
        if set(shapes.values()) != {shape}:
            raise ValueError(f"All records of a batch must have one shape. Received: {shapes}")
        if self._batches and self._batches[0].keys() != batch.keys():
            raise ValueError(
                f"Every batch must have the same columns. Expected {sorted(self._batches[0])}, "
                f"received {sorted(batch)}"
            )
        self._batches.append({name: array[keep] for name, array in batch.items()})

    def columns(self):
        """Give a dict of 1-D arrays, one entry per record, in the order of appending."""
        names = self._batches[0] if self._batches else ()
        joined = {name: np.concatenate([batch[name] for batch in self._batches]) for name in names}
        self._batches = [joined] if joined else []
        return dict(joined)

    def __len__(self):
        """Give the number of records."""
        return sum(len(next(iter(batch.values()))) for batch in self._batches)

    def select(self, chosen):
        """Give new `Records` of those where the boolean mask `chosen` (one per record) is True."""
        chosen = np.asarray(chosen)
        if chosen.dtype != bool or chosen.shape != (len(self),):
            raise ValueError(
                f"`chosen` must be a boolean mask of shape ({len(self)},). "
                f"Received {chosen.dtype} of shape {chosen.shape}"
            )
        return Records({name: column[chosen] for name, column in self.columns().items()})

    def save(self, path):
        """Write the columns to `path` as `.npz`; an interrupted write leaves `path` as it was."""
        path = Path(path)
        partial = path.with_name(path.name + ".partial")
        with open(partial, "wb") as file:
            np.savez_compressed(file, **self.columns())
        os.replace(partial, path)

    @classmethod
    def load(cls, path):
        """Read the `Records` that `save` wrote to `path` (`ValueError` if it did not)."""
        try:
            with np.load(path, allow_pickle=False) as file:
                columns = dict(file)
        except (ValueError, EOFError, BadZipFile) as error:
            raise ValueError(f"{path} is damaged or was not written by `Records.save`") from error
        return cls(columns)


def _per_record(group, shape):
    """Repeat each example's group `(B,)` over its records `(B, ...)`."""
    if group.shape != shape[:1]:
        raise ValueError(
            f"`group` needs one integer per example, shape {shape[:1]}. "
            f"Received shape {group.shape}"
        )
    return np.broadcast_to(group.reshape(shape[:1] + (1,) * (len(shape) - 1)), shape)

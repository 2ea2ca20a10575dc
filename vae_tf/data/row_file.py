"""Images in an uncompressed `.npy` file, written and read row by row, with a checksum per row.

Rows are read by position. The file is not memory-mapped, because mapped pages count as resident
memory: after an epoch of shuffled reading, the whole file would be resident.

The file `images.crc32` has the CRC-32 of each row, which is checked whenever the row is read, as in
TFRecord files. So a row that a failing disk has changed is an error, and never an image. A random
change is missed with probability 2^-32.
"""

import io
import math
import os
import shutil
import weakref
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from vae_tf.data.pixel_values import row_scale, to_unit
from vae_tf.process.errors import UserError

_SUM = np.dtype("<u4")


class RowWriter:
    """Writes an `.npy` file whose number of rows is known only at the end.

    Args:
        path: File to create.
        row_shape: Shape of one row, such as `(H, W, C)`.
        dtype: Type of the values.
        expected_rows: Approximate number of rows.

    Raises:
        UserError: If the disk has no space for the expected rows.
    """

    def __init__(
        self, path: Path, row_shape: tuple[int, ...], dtype: DTypeLike, expected_rows: int = 0
    ):
        self.row_shape = tuple(row_shape)
        self.dtype = np.dtype(dtype)
        self.num_rows = 0
        self._row_bytes = math.prod(self.row_shape) * self.dtype.itemsize
        _check_room(path.parent, expected_rows * self._row_bytes)
        self._sums = np.zeros(expected_rows, _SUM)
        self._sums_path = _sums_path(path)
        self._file = open(path, "wb")  # closed by `__exit__`
        self._start = self._file.write(self._header())

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        with self._file:
            # NumPy pads the header so that the first axis can grow in place.
            self._file.seek(0)
            self._file.write(self._header())
        self._sums_path.write_bytes(self._sums[: self.num_rows].tobytes())

    def write(self, rows: np.ndarray, position: int | None = None):
        """Writes consecutive rows at a position, by default at the end."""
        position = self.num_rows if position is None else int(position)
        rows = np.ascontiguousarray(rows, dtype=self.dtype).reshape(-1, *self.row_shape)
        self._file.seek(self._start + position * self._row_bytes)
        self._file.write(rows.data)
        end = position + len(rows)
        if end > len(self._sums):
            self._sums = np.pad(self._sums, (0, max(end, 2 * len(self._sums)) - len(self._sums)))
        self._sums[position:end] = [zlib.crc32(row.data) for row in rows]
        self.num_rows = max(self.num_rows, end)

    def _header(self) -> bytes:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header,
            {
                "shape": (self.num_rows, *self.row_shape),
                "fortran_order": False,
                "descr": np.lib.format.dtype_to_descr(self.dtype),
            },
        )
        return header.getvalue()


class RowFile:
    """Rows of an `.npy` file as float32 in [0, 1], read by position and checked.

    The file stays open, so a training continues if the cache is deleted. Reading uses no current
    position, so several threads and forked processes can read at the same time.

    Args:
        path: The `.npy` file that a `RowWriter` made.
        full_scale: Stored value that means 1.

    Raises:
        UserError: If the file cannot be read, or is shorter or longer than its header says.
    """

    def __init__(self, path: Path, full_scale: float):
        self.path = Path(path)
        self.full_scale = full_scale
        try:
            with open(self.path, "rb") as file:
                np.lib.format.read_magic(file)
                shape, _, self.dtype = np.lib.format.read_array_header_1_0(file)
                self.num_rows, *row_shape = shape
                self._start = file.tell()
                self._descriptor = os.dup(file.fileno())
            weakref.finalize(self, os.close, self._descriptor)
            self._sums = np.fromfile(_sums_path(self.path), _SUM)
        except (OSError, ValueError) as error:
            raise self._damaged(str(error)) from None
        self.image_shape = tuple(row_shape)
        self._row_bytes = math.prod(self.image_shape) * self.dtype.itemsize
        size = os.fstat(self._descriptor).st_size
        claimed = self._start + self.num_rows * self._row_bytes
        if size != claimed or len(self._sums) != self.num_rows or self.dtype.hasobject:
            raise self._damaged(f"it has {size:,} bytes, its header says {claimed:,}")

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Reads rows in the order of `rows`.

        Args:
            rows: `[n]` int array.

        Returns:
            `[n, H, W, C]` array in [0, 1].

        Raises:
            UserError: If a row has changed since it was written.
        """
        stored = np.empty((len(rows), *self.image_shape), self.dtype)
        buffer = stored.reshape(-1).view(np.uint8).data
        for k, row in enumerate(rows.tolist()):
            line = buffer[k * self._row_bytes : (k + 1) * self._row_bytes]
            try:
                count = os.preadv(self._descriptor, [line], self._start + row * self._row_bytes)
            except OSError as error:
                raise self._damaged(f"row {row}: {error.strerror}") from None
            if count != self._row_bytes:
                raise self._damaged(f"it ends before row {row}")
            if zlib.crc32(line) != self._sums[row]:
                raise self._damaged(f"row {row} does not match its checksum")
        return to_unit(stored, self.full_scale)

    def checksums(self, rows: np.ndarray) -> np.ndarray:
        """CRC-32 `[n]` of the stored bytes of rows `[n]`, without reading them."""
        return self._sums[rows]

    def _damaged(self, what: str) -> UserError:
        return UserError(
            f"The prepared images '{self.path}' are damaged: {what}. Delete the folder "
            f"'{self.path.parent}': the same command, with --resume for a training, prepares them "
            f"again."
        )


class ArrayRows:
    """Rows of an array in memory as float32 in [0, 1]; in memory what `RowFile` is on disk.

    Args:
        array: `[N, H, W, C]` array of any real type, or vectors `[N, D]`.
        full_scale: Stored value that means 1.
    """

    def __init__(self, array: np.ndarray, full_scale: float):
        self.array = array
        self.full_scale = full_scale
        self.num_rows = len(array)
        self.image_shape = array.shape[1:]

    def read(self, rows: np.ndarray) -> np.ndarray:
        return to_unit(self.array[rows], self.full_scale)


class PartlyObservedRows(ArrayRows):
    """Rows of an array of floats with missing values, which are read as 0.

    Args:
        array: `[N, ...]` array of floats without NaN.
        missing: `[N, ...]` bools, True for a missing value.
    """

    def __init__(self, array: np.ndarray, missing: np.ndarray):
        super().__init__(array, 1.0)
        self.missing = missing

    def masks(self, rows: np.ndarray) -> np.ndarray:
        """Return masks `[n, ...]` of rows, float32: 1 = observed, 0 = missing."""
        return (~self.missing[rows]).astype(np.float32)


def array_rows(array: np.ndarray, name: str, *, unit: bool = True) -> ArrayRows:
    """Return an array as rows. NaN in an array of floats is a missing value.

    Args:
        array: `[N, ...]` images or vectors.
        name: Name of the images or vectors, for messages.
        unit: Whether vectors must be in [0, 1], see `pixel_values.row_scale`.

    Raises:
        UserError: If the type or the values do not fit.
    """
    missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(0, bool)
    if missing.any():
        if missing.all():
            raise UserError(f"{name} must have a value that is not missing. Received: only NaN.")
        array = np.where(missing, array.dtype.type(0), array)
        row_scale(array, array.shape[1:], name, unit=unit)
        return PartlyObservedRows(array, missing)
    return ArrayRows(array, row_scale(array, array.shape[1:], name, unit=unit))


def _sums_path(path: Path) -> Path:
    return Path(path).with_suffix(".crc32")


def _check_room(folder: Path, needed: int):
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"The prepared images need {needed / 1e9:,.1f} GB, and '{folder.parent}' has "
            f"{free / 1e9:,.1f} GB free. Make room, set VAE_TF_CACHE to another disk, or choose a "
            f"smaller image_size."
        )

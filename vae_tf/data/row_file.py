"""Images in one uncompressed `.npy` file, written and read row by row.

Rows are read by position instead of being memory-mapped: mapped pages count as resident memory, so
an epoch of shuffled reading through a map would end with the whole file resident.
"""

import io
from pathlib import Path

import numpy as np


class RowWriter:
    """Writes an `.npy` file whose number of rows is known only at the end.

    Args:
        path: File to create.
        row_shape: Shape of one row, such as `(H, W, C)`.
        dtype: Type of the values.
    """

    def __init__(self, path: Path, row_shape: tuple[int, ...], dtype: np.dtype):
        self.row_shape = tuple(row_shape)
        self.dtype = np.dtype(dtype)
        self.num_rows = 0
        self._row_bytes = int(np.prod(self.row_shape)) * self.dtype.itemsize
        self._file = open(path, "wb")  # closed by `__exit__`
        self._start = self._file.write(self._header())

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        # NumPy pads the header so that the first axis can grow in place.
        self._file.seek(0)
        self._file.write(self._header())
        self._file.close()

    def write(self, rows: np.ndarray, position: int | None = None):
        """Writes consecutive rows, at the end unless a position is given."""
        position = self.num_rows if position is None else int(position)
        rows = np.ascontiguousarray(rows, dtype=self.dtype).reshape(-1, *self.row_shape)
        self._file.seek(self._start + position * self._row_bytes)
        self._file.write(rows.data)
        self.num_rows = max(self.num_rows, position + len(rows))

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
    """Rows of an `.npy` file as float32 in [0, 1], read by position.

    The file is opened at each read: no state is shared, so that threads and forked processes can
    read at once.

    Args:
        path: The `.npy` file.
        full_scale: Stored value that stands for 1.
    """

    def __init__(self, path: Path, full_scale: float):
        self.path = Path(path)
        self.full_scale = full_scale
        with open(self.path, "rb") as file:
            np.lib.format.read_magic(file)
            shape, _, self.dtype = np.lib.format.read_array_header_1_0(file)
            self._start = file.tell()
        self.num_rows, *row_shape = shape
        self.image_shape = tuple(row_shape)
        self._row_bytes = int(np.prod(row_shape)) * self.dtype.itemsize

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Reads rows in the order given.

        Args:
            rows: `[n]` int array.

        Returns:
            `[n, H, W, C]` array in [0, 1].
        """
        stored = np.empty((len(rows), *self.image_shape), self.dtype)
        buffer = memoryview(stored.reshape(-1).view(np.uint8))
        with open(self.path, "rb", buffering=0) as file:
            for k, row in enumerate(rows.tolist()):
                file.seek(self._start + row * self._row_bytes)
                line = buffer[k * self._row_bytes : (k + 1) * self._row_bytes]
                if file.readinto(line) != self._row_bytes:
                    raise OSError(f"'{self.path}' ends before row {row}. Delete its folder.")
        return to_unit(stored, self.full_scale)


class ArrayRows:
    """Rows of an array in memory as float32 in [0, 1]; the counterpart of `RowFile`.

    Args:
        array: `[N, H, W, C]` array of any real type.
        full_scale: Stored value that stands for 1.
    """

    def __init__(self, array: np.ndarray, full_scale: float):
        self.array = array
        self.full_scale = full_scale
        self.num_rows = len(array)
        self.image_shape = array.shape[1:]

    def read(self, rows: np.ndarray) -> np.ndarray:
        return to_unit(self.array[rows], self.full_scale)


def to_unit(stored: np.ndarray, full_scale: float) -> np.ndarray:
    """Scales stored values to float32 in [0, 1]; `full_scale` becomes exactly 1."""
    if full_scale == 1:
        return stored.astype(np.float32, copy=False)
    return np.divide(stored, np.float32(full_scale), dtype=np.float32)

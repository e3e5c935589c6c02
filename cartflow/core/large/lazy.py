"""Variables too large for memory: read a time at a time, when they are asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from cartflow.core.outcome import InputError

Array = np.ndarray
# HDF5 serves one thread at a time; what reads a file may be asked while another is written.
LOCK = threading.RLock()
Key = tuple[Any, ...]
LARGE = 16_000_000  # bytes of a variable over time from which it is not read at once
_FILES = 16  # a file of so many of them is large


def is_large(dims: tuple[Any, ...], size: int) -> bool:
    """Return whether a variable of `size` bytes is read and written time by time."""
    return len(dims) > 1 and dims[0] == "time" and size > LARGE


def is_large_file(size: int) -> bool:
    """Return whether a file of `size` bytes, as they are in memory, is not read at once.

    Less is written anew, again and again, by a run that has its fields in memory: who holds such
    a result open is to have it whole.
    """
    return size > _FILES * LARGE


class TimeByTime(BackendArray):
    """An array (time, ...) of which `one(i)` returns what stands at the i-th time."""

    def __init__(self, one: Callable[[int], Array], shape: tuple[int, ...], dtype: Any) -> None:
        self.one, self.shape, self.dtype = one, shape, np.dtype(dtype)

    def __getitem__(self, key: Any) -> Any:
        """Return the part at `key`, as xarray asks for it."""
        support = indexing.IndexingSupport.OUTER
        return indexing.explicit_indexing_adapter(key, self.shape, support, self._part)

    def _part(self, key: Key) -> Array:
        first, *rest = key
        if isinstance(first, (int, np.integer)):
            return self._row(int(first), rest)
        places = np.arange(self.shape[0])[first]
        if not places.size:
            return self._none(rest)
        return np.stack([self._row(int(place), rest) for place in places])

    def _none(self, rest: list[Any]) -> Array:
        return np.zeros((0, *outer(np.zeros(self.shape[1:], self.dtype), rest).shape), self.dtype)

    def _row(self, place: int, rest: list[Any]) -> Array:
        row = np.asarray(self.one(place))
        if row.shape != self.shape[1:]:
            msg = f"a saved field has the shape {row.shape}, not {self.shape[1:]}"
            raise InputError(msg)
        return np.asarray(outer(row, rest), dtype=self.dtype)


def outer(values: Array, keys: list[Any]) -> Array:
    """Return `values` at each axis's own key: a number, a slice or an array of places."""
    for axis in reversed(range(len(keys))):
        values = values[(slice(None),) * axis + (keys[axis],)]
    return values


def lazy_variable(
    dims: tuple[str, ...],
    array: TimeByTime,
    attrs: Mapping[str, Any],
    encoding: Mapping[str, Any] | None = None,
) -> xr.Variable:
    """Return a variable that reads `array` when values are asked for, and keeps none."""
    return xr.Variable(dims, indexing.LazilyIndexedArray(array), attrs, encoding)


def in_file(path: Path, group: str, name: str) -> Callable[[int], Array]:
    """Return what reads a variable of the netCDF file at `path` at one time, and closes it.

    A file that is not the one of now, since another was written there, raises `InputError`.
    """
    stamp = _stamp(path)

    def one(place: int) -> Array:
        if _stamp(path) != stamp:
            msg = f"{path}: is not the file any more that was opened; open it again"
            raise InputError(msg)
        return read_row(path, group, name, place)

    return one


def read_row(path: Path, group: str, name: str, place: int) -> Array:
    """Return the variable of a file at one time. Raises `InputError` and `FileNotFoundError`."""
    import netCDF4

    try:
        with LOCK, netCDF4.Dataset(path) as file:
            found = file[group].variables[name] if group != "/" else file.variables[name]
            found.set_auto_maskandscale(False)
            return np.asarray(found[place])
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, KeyError, IndexError) as error:
        if not path.exists():
            # It went while it was opened, which netCDF takes for a damaged file.
            raise FileNotFoundError from None
        msg = f"{path}: '{name}' cannot be read ({error})"
        raise InputError(msg) from None


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        msg = f"{path}: cannot be read any more ({error.strerror})"
        raise InputError(msg) from None
    return found.st_ino, found.st_size, found.st_mtime_ns

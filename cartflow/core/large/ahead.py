"""A draft of a result: its saved fields, written while the run goes on, not copied at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.large.lazy import LOCK, is_large
from cartflow.core.large.writing import made_variable

Array = np.ndarray


class Ahead:
    """A draft at `path` of a result with `times` saved times, in which its large fields stand.

    Nobody reads it before it is whole, so it may stay open. What goes wrong ends the draft alone:
    every field stands in a file of its own, too (see `Beside`).
    """

    def __init__(self, path: Path, times: Sequence[float]) -> None:
        self.path, self._times = path, tuple(times)
        self._file: Any = None
        self._there: dict[str, set[int]] = {}
        self._ended = False

    def put(self, place: int, name: str, dims: Sequence[str], values: Array, attrs: Any) -> None:
        """Write a field at the saved time number `place`."""
        size = values.nbytes * len(self._times)
        if self._ended or place >= len(self._times) or not is_large(("time", *dims), size):
            return
        try:
            with LOCK:
                self._made(name, dims, values, attrs)[place] = values
            self._there[name].add(place)
        except (OSError, RuntimeError):
            self.remove()

    def taken(self, times: Sequence[float]) -> Path | None:
        """Return the draft, closed and its taker's own, if all fields at `times` stand in it."""
        whole = set(range(len(self._times)))
        if tuple(times) != self._times or any(found != whole for found in self._there.values()):
            self.remove()
        if self._file is None or not self._close():
            return None
        return self.path

    def remove(self) -> None:
        """Give the draft up."""
        self._close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _close(self) -> bool:
        """Close the file for good; return whether that went well."""
        file, self._file, self._ended = self._file, None, True
        try:
            with LOCK:
                if file is not None:
                    file.close()
        except (OSError, RuntimeError):
            return False
        return True

    def _made(self, name: str, dims: Sequence[str], values: Array, attrs: Mapping[str, Any]) -> Any:
        import netCDF4

        if self._file is None:
            self._file = netCDF4.Dataset(self.path, "w")
            self._file.set_fill_off()
            self._file.createDimension("time", len(self._times))
        group = self._file.createGroup("tumour")
        if name not in group.variables:
            self._there[name] = set()
            sizes = {"time": len(self._times), **dict(zip(dims, values.shape, strict=True))}
            return made_variable(group, name, values.dtype, sizes, attrs, {})
        return group.variables[name]

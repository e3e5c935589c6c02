"""The lines and numbers of a legacy VTK file, read from its start to its end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError, require_known
from cartflow.geometries.vessels.files.bounds import cast

_TYPES = {
    **dict.fromkeys(("char", "vtktypeint8"), "i1"),
    "unsigned_char": "u1",
    "short": "i2",
    "unsigned_short": "u2",
    "int": "i4",
    "unsigned_int": "u4",
    **dict.fromkeys(("long", "vtktypeint64", "vtkidtype"), "i8"),
    "unsigned_long": "u8",
    "float": "f4",
    "double": "f8",
}
_LONGEST = 4096


class Content:
    """The bytes of a file and the place that is read next; numbers are `binary`, or text."""

    def __init__(self, data: bytes) -> None:
        self._data, self.place = data, 0
        self.binary = False

    def numbers(self, count: int, kind: str) -> NDArray[Any]:
        """Return the next numbers, of a NumPy `kind`. Raises `InputError` where there are fewer."""
        if self.binary:
            dtype = np.dtype(f">{kind}")
            end = self.place + count * dtype.itemsize
            if end > len(self._data):
                raise InputError("the file ends within its numbers")
            values = np.frombuffer(self._data[self.place : end], dtype)
            self.place = end
            return values.astype(dtype.newbyteorder("="))
        return cast(self._words(count), np.dtype(kind))

    def _words(self, count: int) -> NDArray[np.float64]:
        """Return numbers that stand as text over any number of lines."""
        found: list[float] = []
        while len(found) < count:
            if self.place >= len(self._data):
                raise InputError("the file ends within its numbers")
            words = self.line(longest=None).split()
            try:
                found += [float(word) for word in words]
            except ValueError:
                msg = f"'{' '.join(words)[:40]}' stands where numbers are needed"
                raise InputError(msg) from None
        if len(found) > count:
            msg = f"there are {len(found)} numbers where {count} are needed"
            raise InputError(msg)
        return np.array(found)

    def line(self, longest: int | None = _LONGEST) -> str:
        """Return the next line. Raises `InputError` for one of more than `longest` bytes."""
        end = self._data.find(b"\n", self.place)
        end = len(self._data) if end < 0 else end
        if longest is not None and end - self.place > longest:
            raise InputError("a line of its header is too long")
        line, self.place = self._data[self.place : end], end + 1
        return line.decode("latin-1").strip("\r")

    def word_line(self, *, end: bool = False) -> str:
        """Return the next line that is not empty, or at the file's end an empty one."""
        while self.place < len(self._data):
            if line := self.line().strip():
                return line
        if not end:
            raise InputError("the file ends too early")
        return ""


def whole(words: list[str], place: int) -> int:
    """Return the whole number at a place of a line. Raises `InputError`."""
    text = words[place] if len(words) > place else ""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        msg = f"'{' '.join(words)[:60]}': a whole number is missing"
        raise InputError(msg)
    return int(text)


def kind(words: list[str], place: int) -> str:
    """Return NumPy's name of the type at a place of a line. Raises `InputError`."""
    name = words[place].lower() if len(words) > place else ""
    require_known(name, _TYPES, "type of numbers")
    return _TYPES[name]

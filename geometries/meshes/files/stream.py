"""Numbers of a mesh file one after another, whether they are written as text or as bytes."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError

Order = Literal["<", ">"]
_LONGEST = 64
_ENDED = "it ends in the middle of a section"


class TextStream:
    """Numbers of a section of text."""

    def __init__(self, text: bytes) -> None:
        self._words = text.split()
        self._at = 0

    def ints(self, number: int) -> NDArray[np.int64]:
        """Return the next whole numbers."""
        return self._next(number, np.int64)

    longs = ints

    def doubles(self, number: int) -> NDArray[np.float64]:
        """Return the next real numbers."""
        return self._next(number, np.float64)

    def rest(self) -> NDArray[np.int64]:
        """Return all whole numbers that are left."""
        return self.ints(len(self._words) - self._at)

    def _next(self, number: int, kind: Any) -> NDArray[Any]:
        end = self._at + number
        if number < 0 or end > len(self._words):
            raise InputError(_ENDED)
        words, self._at = self._words[self._at : end], end
        if max(map(len, words), default=0) > _LONGEST:
            raise InputError("a number in it has more than 64 digits")
        try:
            return np.array(words, dtype="S").astype(kind) if words else np.zeros(0, dtype=kind)
        except (ValueError, OverflowError):
            word = next(w for w in words if not _is_number(w))
            msg = f"'{word[:20].decode('latin-1')}' stands where a number should"
            raise InputError(msg) from None


class ByteStream:
    """Numbers of a binary file from `at` on; `order` is '<' or '>'."""

    def __init__(self, content: bytes, at: int, order: Order) -> None:
        self._content, self.at, self._order = content, at, order

    def ints(self, number: int) -> NDArray[np.int64]:
        """Return the next whole numbers of four bytes."""
        return self._next(number, "i4").astype(np.int64)

    def longs(self, number: int) -> NDArray[np.int64]:
        """Return the next whole numbers of eight bytes."""
        return self._next(number, "i8").astype(np.int64)

    def doubles(self, number: int) -> NDArray[np.float64]:
        """Return the next real numbers."""
        return self._next(number, "f8").astype(np.float64)

    def line(self) -> int:
        """Return the whole number in the next line, which is text."""
        end = self._content.find(b"\n", self.at, self.at + 32)
        word = self._content[self.at : max(end, self.at)].strip()
        if not word.isdigit():
            raise InputError(_ENDED)
        self.at = end + 1
        return int(word)

    def records(self, kind: np.dtype[Any], number: int) -> NDArray[Any]:
        """Return the next records of several numbers."""
        return self._next(number, kind.newbyteorder(self._order))

    def _next(self, number: int, kind: Any) -> NDArray[Any]:
        dtype = np.dtype(kind).newbyteorder(self._order)
        end = self.at + number * dtype.itemsize
        if number < 0 or end > len(self._content):
            raise InputError(_ENDED)
        found = np.frombuffer(self._content, dtype, number, self.at)
        self.at = end
        return found


Stream = TextStream | ByteStream


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True

"""How many bytes a file can give, and reading no more than asked for."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 2**20
# No gzip stream is smaller than its content by more.
_GZIP_FACTOR = 1032


def require_room(needed: int, held: int, *, gzipped: bool) -> None:
    """Raise `ValueError` if a file of `held` bytes cannot give the bytes `needed`."""
    if needed > held * (_GZIP_FACTOR if gzipped else 1):
        msg = f"its header asks for {needed} bytes, more than the file of {held} bytes can hold"
        raise ValueError(msg)


def read_exactly(
    stream: IO[bytes], skip: int, needed: int, *, more: bool = False
) -> NDArray[np.uint8]:
    """Return the bytes `needed` after `skip` of an open stream, with one copy in memory.

    Raises `ValueError` if there are fewer, or more and `more` does not allow it.
    """
    while skip > 0:
        passed = len(stream.read(min(skip, _CHUNK)))
        skip = skip - passed if passed else -1
    data = np.empty(needed, dtype=np.uint8)
    room: Any = data
    filled = 0 if skip == 0 else needed + 1
    reader: Any = stream
    while filled < needed:
        count = reader.readinto(memoryview(room)[filled : filled + _CHUNK])
        filled = filled + count if count else needed + 1
    if filled > needed or (not more and stream.read(1)):
        msg = f"its data are {'shorter' if filled > needed else 'longer'} than its header says"
        raise ValueError(msg)
    return data

"""How much a file of vessels may hold, and what is read of one at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError

MOST_BYTES = 2**30
MOST_NUMBERS = 60_000_000
MOST_SEGMENTS = 5_000_000


def content_of(path: Path) -> bytes:
    """Return the bytes of a file. Raises `InputError` for more than 1 GB."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        msg = f"it has {size} bytes; at most {MOST_BYTES} are read"
        raise InputError(msg)
    with path.open("rb") as file:
        return file.read(size)


def text_of(path: Path) -> str:
    """Return the text of a file in UTF-8. Raises `InputError`."""
    try:
        return content_of(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("it is no text in UTF-8") from None


def require_few(number: int, most: int, what: str) -> int:
    """Return `number`; raise `InputError` unless it is from 0 to `most`."""
    if not 0 <= number <= most:
        msg = f"it says {number} {what}; from 0 to {most} are read"
        raise InputError(msg)
    return number


def cast(numbers: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return numbers as a type. Raises `InputError` for those that are not in its range."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        whole = (numbers >= limits.min) & (numbers <= limits.max) & (numbers == np.rint(numbers))
        if not whole.all():
            msg = f"'{numbers[~whole][0]:g}' stands where a whole number is needed"
            raise InputError(msg)
    with np.errstate(over="ignore", invalid="ignore"):
        return numbers.astype(dtype)

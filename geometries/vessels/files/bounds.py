"""How much a file of vessels may hold, and what is read of one at most."""

from __future__ import annotations

from pathlib import Path

from cartflow.core.outcome import InputError

MOST_BYTES = 2**30
MOST_NUMBERS = 60_000_000
MOST_SEGMENTS = 5_000_000


def content_of(path: Path) -> bytes:
    """Return the bytes of a file. Raises `InputError` for more than 1 GB."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        msg = f"it is larger than {MOST_BYTES} bytes"
        raise InputError(msg)
    return data


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

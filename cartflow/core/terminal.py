"""What is printed: a reader that has gone, or knows few letters, ends nothing."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO


def say(line: str) -> None:
    """Print a line beside the results, on stderr, if anybody reads it."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def tell(lines: Iterable[str]) -> None:
    """Print results on stdout; a reader that has seen enough, such as head, may close it."""
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        end_of_output()


def end_of_output() -> None:
    """Let what is still printed go nowhere; Python would complain of a closed pipe at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def spell_what_is_known() -> None:
    """Have letters that the terminal's encoding lacks printed as question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in {"strict", "surrogateescape"}:
            stream.reconfigure(errors="replace")


def in_words(error: OSError | MemoryError) -> str:
    """Return what the system refused, and for which file, or else for what is printed."""
    if isinstance(error, MemoryError):
        return f"there is not enough memory ({error})" if str(error) else "no memory is left"
    place = error.filename or "what is printed cannot be written"
    return f"{place}: {error.strerror or error}"


class Patient:
    """A stream for progress bars whose reader may go: then what is written is dropped."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or io.StringIO()

    def write(self, text: str) -> int:
        """Write `text` if anybody reads it."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream if anybody reads it."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

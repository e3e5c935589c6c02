"""Plain lines of progress, with the time: on stderr off a terminal, and in a log file."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from cartflow.core.outcome import InputError
from cartflow.core.paths import kind_of
from cartflow.core.provenance import now
from cartflow.core.terminal import say

_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
_LENGTH = 21  # of a stamp
_EVERY = 15.0  # seconds between lines


class LogFile:
    """A text file that lines with the time are added to.

    Raises `InputError` where it cannot be written, or another kind of file stands there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if kind_of(path) not in ("nothing", "file"):
            msg = f"--log {path}: is no file that lines can be added to"
            raise InputError(msg)
        try:
            with path.open("a+b") as file:
                file.seek(0)
                start = file.read(_LENGTH)
        except OSError as error:
            msg = f"--log {path}: cannot be written ({error.strerror})"
            raise InputError(msg) from None
        if start and not _STAMP.fullmatch(start):
            msg = f"--log {path}: is another kind of file; give a new one, or a log"
            raise InputError(msg)

    def add(self, line: str) -> None:
        """Add a line; where that fails the run goes on without a word, since nothing is lost."""
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{now()} {line}\n")
        except OSError:
            return


class Lines:
    """Lines of progress: to stderr unless `quiet`, and to `log` if there is one.

    Those that come often are let through every `every` seconds.
    """

    def __init__(self, log: LogFile | None, *, quiet: bool, every: float = _EVERY) -> None:
        self._log, self._quiet, self._every = log, quiet, every
        self._last = time.monotonic()

    def note(self, line: str) -> None:
        """Say a line now."""
        if not self._quiet:
            say(f"{now()} {line}")
        if self._log is not None:
            self._log.add(line)

    def often(self, make: Callable[[], str]) -> None:
        """Say what `make` returns if the last line of the kind is long enough ago."""
        if time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            self.note(make())

"""A long run's result, written as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from cartflow.core.outcome import InputError
from cartflow.core.saving.destination import Destination, Make
from cartflow.core.terminal import say

T = TypeVar("T")


class Keeper(Generic[T]):
    """Writes what a run has so far to `out`, at most every `seconds`, so that a kill loses little.

    `draft` turns what the run has into what writes it. A file that cannot be written does not
    stop the run: that is said, once for each reason, and tried again.
    """

    def __init__(self, out: Destination, draft: Callable[[T], Make], seconds: float = 60.0) -> None:
        self.out, self.draft, self.seconds = out, draft, seconds
        self.last, self.said = time.monotonic(), ""

    def __call__(self, make: Callable[[], T]) -> None:
        """Write what `make` returns if the last writing is long enough ago."""
        if time.monotonic() - self.last < self.seconds:
            return
        try:
            self.out.save(self.draft(make()))
            self.said = ""
        except (InputError, MemoryError) as error:
            self._say(str(error) or f"{self.out.path}: there is not enough memory to write it")
        self.last = time.monotonic()

    def _say(self, reason: str) -> None:
        if reason != self.said:
            say(f"note          {reason}; the run goes on and tries again")
        self.said = reason

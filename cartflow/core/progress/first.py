"""A word on loops that are compiled, for which a first run waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LONG = 2.0  # seconds of compiling, after which there is more to come


class Compiling:
    """Seconds that functions were compiled for, of which those within others are a part.

    Calls `tell` once, when more than two seconds have passed and another begins.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell, self._told = tell, False
        self._depth, self._begun, self._before = 0, 0.0, 0.0

    def begins(self, now: float) -> None:
        """Note that a function is begun to be compiled at so many seconds."""
        self._begun = self._begun if self._depth else now
        self._depth += 1
        if not self._told and self._before + now - self._begun > _LONG:
            self._told = True
            self._tell()

    def ends(self, now: float) -> None:
        """Note that the last function that was begun is compiled."""
        if self._depth:
            self._depth -= 1
            self._before += 0.0 if self._depth else now - self._begun


@contextmanager
def telling_of_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` once in the block, if loops are compiled in it for more than two seconds."""
    from numba.core import event

    compiling = Compiling(tell)

    class Heard(event.Listener):
        def on_start(self, event: Any) -> None:
            compiling.begins(time.monotonic())

        def on_end(self, event: Any) -> None:
            compiling.ends(time.monotonic())

    listener: Any = Heard()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)

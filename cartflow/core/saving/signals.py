"""Signals that wait: a file is written to its end, a step taken to its end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AGAIN = b"\ncartflow: stops after this step; Ctrl-C again stops at once\n"
_ENDLESS = 1_000_000
Watch = Callable[[float, float], None]


@contextmanager
def held() -> Iterator[None]:
    """Keep SIGINT and SIGTERM back while the block runs; the first that came acts at its end."""
    came: list[int] = []
    try:
        with _handled(lambda number, _: came.append(number)):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the block by a `KeyboardInterrupt`, as when a user is asked."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with _handled(stop):
        yield


class Stopping:
    """While it is entered, SIGINT and SIGTERM stop a run between two steps, where it is whole.

    Where a library is interrupted half-way it may hold its locks for ever, swallow the interrupt,
    or leave half a step. So only what comes before the first step is interrupted at once, and a
    step by a second SIGINT alone.
    """

    def __init__(self) -> None:
        self.asked: signal.Signals | None = None
        self._patience = 0  # how many signals are noted before one interrupts at once
        self._handling = ExitStack()

    def watched(self, watch: Watch) -> Watch:
        """Return `watch`, after which a run that begins now stops if it was asked to.

        Raises `KeyboardInterrupt` if that was asked before.
        """
        self._patience = 1
        self._stop_if_asked()

        def and_stop(time: float, step: float) -> None:
            patience, self._patience = self._patience, _ENDLESS
            watch(time, step)
            self._stop_if_asked()
            self._patience = patience

        return and_stop

    def __enter__(self) -> Stopping:
        self._handling.enter_context(_quiet())
        self._handling.enter_context(_handled(self._handle))
        return self

    def __exit__(self, *error: Any) -> None:
        self._handling.close()

    def _stop_if_asked(self) -> None:
        if self.asked is not None:
            self._patience = _ENDLESS
            raise KeyboardInterrupt(*_by(self.asked))

    def _handle(self, number: int, _: Any) -> None:
        self.asked = self.asked or signal.Signals(number)
        if self._patience <= 0:
            self._stop_if_asked()
        if number == signal.SIGINT:
            self._patience -= 1
            # Printing is not safe here: the signal may have come while something was printed.
            with suppress(OSError):
                os.write(2, _AGAIN)


@contextmanager
def _quiet() -> Iterator[None]:
    """Print nothing of an interrupt that a library swallows where it is called back.

    That it came is noted, and acts before the first step.
    """
    before = sys.unraisablehook

    def hook(swallowed: Any) -> None:
        if not issubclass(swallowed.exc_type, KeyboardInterrupt):
            before(swallowed)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _by(number: signal.Signals) -> tuple[str, ...]:
    return () if number == signal.SIGINT else (f"by {number.name}",)


@contextmanager
def _handled(handle: Callable[[int, Any], Any]) -> Iterator[None]:
    """Have `handle` called at SIGINT and SIGTERM, but for those that are ignored, as by nohup.

    Outside the main thread, where Python takes no signals, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {s: signal.getsignal(s) for s in _SIGNALS}
    taken = {s: h for s, h in before.items() if h not in (signal.SIG_IGN, None)}
    try:
        for number in taken:
            signal.signal(number, handle)
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)

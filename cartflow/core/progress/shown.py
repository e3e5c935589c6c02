"""Progress as a user sees it: a bar on a terminal, lines elsewhere, and a log if wished for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from cartflow.core.progress.bar import bar
from cartflow.core.progress.first import telling_of_compiling
from cartflow.core.progress.left import TimeLeft, in_words
from cartflow.core.progress.lines import Lines, LogFile
from cartflow.core.terminal import say


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How progress is told: `quiet` says nothing on stderr, `log` is a file for lines."""

    quiet: bool = False
    log: LogFile | None = None

    @property
    def lines(self) -> Lines:
        """The lines of the log, and on stderr where that is no terminal."""
        return Lines(self.log, quiet=self.quiet or _terminal())

    def running(self, words: str) -> None:
        """Say which of a few runs begins."""
        if not self.quiet:
            say(f"running       {words}")
        self.add(f"running: {words}")

    def add(self, line: str) -> None:
        """Add a line to the log, if there is one."""
        if self.log is not None:
            self.log.add(line)


@contextmanager
def days(
    title: str, end: float, telling: Telling, start: float = 0.0
) -> Iterator[Callable[[float, float], None]]:
    """Show simulated days, step, days per minute and time left while the block runs.

    A run that goes on from an earlier one does so at `start`. The block gets a function of
    (time, step) in days, to be called after every step.
    """
    left = TimeLeft(end, start, trend=True)
    counted = "{task.completed:7.3f} of {task.total:g} day"

    def compiling() -> None:
        update(start, "compiling", "")
        lines.note("compiles loops that studies of this kind have not used yet, and keeps them")

    with (
        _shown(title, end, counted, telling) as (update, lines, begun),
        telling_of_compiling(compiling),
    ):

        def watch(now: float, step: float) -> None:
            elapsed = time.monotonic() - begun
            remaining = in_words(left.at(elapsed, now))
            rate = left.per_minute(elapsed, now)
            beside = f"step {step:.2g} day, {rate:.3g} day/min"
            update(now, beside, remaining)
            lines.often(lambda: f"t = {now:.6g} of {end:g} day, {beside}, {remaining}")

        yield watch


@contextmanager
def members(
    title: str, total: int, done: int, telling: Telling, called: str = "members"
) -> Iterator[Callable[[int, int], None]]:
    """Show members that have ended, of which some failed, members per minute and time left.

    `done` are those of an earlier run; they may be `called` otherwise. The block gets a function
    of (ended, failed).
    """
    left = TimeLeft(total, done, trend=False)
    counted = f"{{task.completed:g}} of {{task.total:g}} {called}"
    with _shown(title, total, counted, telling) as (update, lines, begun):

        def watch(ended: int, failed: int) -> None:
            elapsed = time.monotonic() - begun
            remaining = in_words(left.at(elapsed, ended))
            rate = left.per_minute(elapsed, ended)
            beside = f"{failed} failed, {rate:.3g} a minute"
            update(ended, beside, remaining)
            lines.often(lambda: f"{ended} of {total} {called}, {beside}, {remaining}")

        yield watch


@contextmanager
def frames(title: str, total: int, telling: Telling) -> Iterator[Callable[[int], None]]:
    """Show the frames of a movie that are drawn, and time left; the block gets a function."""
    left = TimeLeft(total, 0, trend=False)
    counted = "{task.completed:g} of {task.total:g} frames"
    with _shown(title, total, counted, telling) as (update, lines, begun):

        def watch(done: int) -> None:
            remaining = in_words(left.at(time.monotonic() - begun, done))
            update(done, "", remaining)
            lines.often(lambda: f"{done} of {total} frames, {remaining}")

        yield watch


@contextmanager
def _shown(title: str, total: float, counted: str, telling: Telling) -> Iterator[Any]:
    lines = telling.lines
    lines.note(f"begins: {title}")
    on_terminal = _terminal() and not telling.quiet
    try:
        with bar(title, total, counted) if on_terminal else nullcontext(_nowhere) as update:
            yield update, lines, time.monotonic()
    except BaseException as error:
        lines.note(f"ended by {type(error).__name__}: {error}".rstrip(": "))
        raise
    lines.note(f"ended: {title}")


def _nowhere(_done: float, _beside: str, _left: str) -> None:
    return


def _terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()

"""Threads that share compiled loops which release the interpreter's lock.

numba's own threads make the caller's wait, which takes a core from them on a machine that has as
many cores as threads; here the caller does its part. Steps are so short that a scheduler often
wakes a thread on the core where it was called, and leaves it there to wait for its turn: where
the system allows it, each thread is therefore told to keep to a core of its own.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import TypeVar

import numba

T = TypeVar("T")
_SMALL = 20_000  # cells below which one thread is faster than waking more


class _Crew:
    def __init__(self, workers: int) -> None:
        self._threads: list[int] = []
        self._pool = ThreadPoolExecutor(workers, "cartflow", self._enlist)
        self._cores: list[int] = []

    def _enlist(self) -> None:
        self._threads.append(threading.get_native_id())

    def share(self, task: Callable[[int], object], parts: int) -> None:
        self._spread()
        others = [self._pool.submit(task, k) for k in range(1, parts)]
        try:
            task(0)
        finally:
            for other in others:
                other.result()

    def _spread(self) -> None:
        """Tell each thread to keep to a core that is not the caller's, if there are enough."""
        here = _core()
        if here < 0 or (len(self._cores) == len(self._threads) and here not in self._cores):
            return
        # A system that does not allow it leaves the threads where they are.
        with suppress(OSError):
            free = sorted(os.sched_getaffinity(0) - {here})
            if len(free) >= len(self._threads):
                self._cores = free[: len(self._threads)]
                for thread, core in zip(self._threads, self._cores, strict=True):
                    os.sched_setaffinity(thread, {core})


@cache
def _crew(workers: int) -> _Crew:
    return _Crew(workers)


@cache
def _core_function() -> Callable[[], int]:
    if not sys.platform.startswith("linux"):
        return lambda: -1
    return getattr(ctypes.CDLL(None), "sched_getcpu", lambda: -1)


def _core() -> int:
    """Return the number of the core that the caller runs on, or -1 where that is not told."""
    return int(_core_function()())


if hasattr(os, "register_at_fork"):
    # Threads do not live on in a process that was forked.
    os.register_at_fork(after_in_child=_crew.cache_clear)


def share(task: Callable[[int], object], parts: int) -> None:
    """Run ``task(0)`` to ``task(parts - 1)`` at once, the first on the caller's thread."""
    if parts == 1:
        task(0)
    else:
        _crew(parts - 1).share(task, parts)


def in_parts(task: Callable[[int, int], T], size: int, cells: int) -> list[T]:
    """Return what ``task(first, last)`` gives for equal parts of 0 to `size`, one a thread.

    Where there are few `cells` the task is done whole, which is faster than waking others.
    """
    parts = 1 if cells < _SMALL else min(numba.get_num_threads(), size)
    found: dict[int, T] = {}

    def part(k: int) -> None:
        found[k] = task(k * size // parts, (k + 1) * size // parts)

    share(part, parts)
    return [found[k] for k in range(parts)]

"""Work that goes on beside its caller, in order, and never far behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_WAITING = 1  # tasks that may wait while one is at work, since each holds what it is to write


class Behind:
    """One thread that does the tasks given, each after the one before."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "cartflow-behind")
        self._tasks: deque[Future[Any]] = deque()

    def do(self, task: Callable[[], T]) -> Future[T]:
        """Have `task` done, and return what it will come to; wait while two are not done yet.

        Raises what an earlier task did.
        """
        while len(self._tasks) > _WAITING:
            self._tasks.popleft().result()
        found = self._pool.submit(task)
        self._tasks.append(found)
        return found

    def settle(self) -> None:
        """Wait until all tasks are done. Raises what one of them did."""
        while self._tasks:
            self._tasks.popleft().result()

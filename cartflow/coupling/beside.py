"""A second run in a thread of its own, while the first goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from cartflow.coupling.record import Record
from cartflow.coupling.under_way import Watch

# Days do not pass for the one who waits; so often (seconds) it is asked whether to go on.
_OFTEN = 0.05


class Beside:
    """A run, by a function of what watches it, which goes on until it is wanted or stopped."""

    def __init__(self, run: Callable[[Watch], Record]) -> None:
        self._stopped = False
        self._pool = ThreadPoolExecutor(1)
        self._record = self._pool.submit(run, self._look)

    def record(self, watch: Watch | None, time: float) -> Record | None:
        """Return the run's record when it is there; none if `watch(time, 0)` interrupts."""
        try:
            while True:
                done = bool(wait([self._record], _OFTEN).done)
                if watch is not None:
                    watch(time, 0.0)
                if done:
                    return self._record.result()
        except KeyboardInterrupt:
            return None

    def stop(self) -> None:
        """End the run where it is."""
        self._stopped = True
        self._pool.shutdown()

    def _look(self, time: float, step: float) -> None:
        if self._stopped:
            raise KeyboardInterrupt

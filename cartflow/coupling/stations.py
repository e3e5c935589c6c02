"""The times at which a run stood, which a companion of longer steps goes by."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


class Stations:
    """Times (days) after every accepted step, the start first."""

    def __init__(self, *times: float) -> None:
        self._room = np.array(times, dtype=float)
        self._count = len(times)

    @property
    def times(self) -> Array:
        """All of them. What is added later is not in it, and does not change it."""
        return self._room[: self._count]

    def add(self, time: float) -> None:
        """Add the time after another step."""
        if self._count == self._room.size:
            self._room = np.concatenate([self._room, np.empty(max(64, self._count))])
        self._room[self._count] = time
        self._count += 1

    def next_but_one(self, time: float) -> float:
        """Return the second station after `time` of those by twos from the start, or the last."""
        later = int(np.searchsorted(self.times, time, side="right"))
        return float(self.times[min(later + later % 2, self._count - 1)])

    def next(self, time: float) -> float:
        """Return the next station after `time`, or the last."""
        later = int(np.searchsorted(self.times, time, side="right"))
        return float(self.times[min(later, self._count - 1)])

"""Which members go together to a worker, and what is done with those whose worker died."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from itertools import islice
from statistics import median

_SECONDS = 1.0  # of a batch: much to schedule's milliseconds, little to lose with a worker
_MOST = 1000  # members in one
_PARTS = 4  # in which a batch is tried again whose worker died
_MOST_DEATHS = 6  # of workers at which a member was the only one of its batch
_TRIALS = 2  # after these, in which it is the only one at work anywhere
_REMEMBERED = 7  # batches, of whose time the next are made

Batch = tuple[int, ...]


class Batches:
    """The members that are to run, as batches of about a second.

    A batch whose worker died is tried again in parts, until each member has its own. Workers may
    die from outside as often as they like: one that died with some members blames none. A member
    that was alone in its batch at many deaths is tried when all others have ended and nothing
    else is at work; if its worker dies then, too, and once more, it is given up.
    """

    def __init__(self, places: Sequence[int]) -> None:
        self._fresh = iter(places)
        self._left = len(places)
        self._again: deque[Batch] = deque()
        self._suspects: deque[Batch] = deque()
        self._deaths: Counter[int] = Counter()
        self._trials: Counter[int] = Counter()
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)
        self._out = 0
        self._on_trial: Batch = ()

    def next(self, threads: int) -> Batch:
        """Return the next batch for one of `threads`; empty if there is none now."""
        found: Batch = ()
        if self._on_trial:
            return found
        if self._left:
            found = tuple(islice(self._fresh, self._size(threads)))
            self._left -= len(found)
        elif self._again:
            found = self._again.popleft()
        elif self._suspects and not self._out:
            found = self._on_trial = self._suspects.popleft()
        self._out += bool(found)
        return found

    def ended(self, batch: Batch, done: Sequence[int], seconds: float) -> None:
        """Note that of a batch `done` have ended, in so many seconds; the others come again."""
        self._settle()
        if done:
            self._seconds.append(seconds / len(done))
        if rest := tuple(place for place in batch if place not in set(done)):
            self._again.append(rest)

    def died(self, batch: Batch, deaths: int) -> Batch:
        """Note that so many workers of a batch died, and return the member that is given up."""
        tried = self._settle()
        if len(batch) > 1:
            size = math.ceil(len(batch) / _PARTS)
            self._again += [batch[i : i + size] for i in range(0, len(batch), size)]
            return ()
        place = batch[0]
        self._deaths[place] += deaths
        self._trials[place] += tried
        if self._trials[place] >= _TRIALS:
            return batch
        (self._suspects if self._deaths[place] >= _MOST_DEATHS else self._again).append(batch)
        return ()

    def deaths(self, place: int) -> int:
        """Return how many workers died while the member was alone in its batch."""
        return self._deaths[place]

    def _settle(self) -> bool:
        """Take a batch from those that are out; return whether it was on trial."""
        self._out -= 1
        tried, self._on_trial = bool(self._on_trial), ()
        return tried

    def _size(self, threads: int) -> int:
        if not self._seconds:
            return 1
        size = int(_SECONDS / max(median(self._seconds), _SECONDS / _MOST))
        # Towards the end all have something to do.
        return max(1, min(size, math.ceil(self._left / (2 * threads))))

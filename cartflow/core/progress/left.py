"""The time left, from how what is done has grown."""

from __future__ import annotations

import math
from bisect import bisect_left

_MOST = 256  # samples that are kept
_LEAST = 0.5  # seconds before anything is said
_FEW = 8  # steps before anything is said of a trend
_POWER = 1e-3  # bend below which growth is a power of time
_MOST_GROWTH = 20.0  # of the logarithm of the time taken


class TimeLeft:
    """Seconds left until `total` is done, from a start at `done`.

    Steps that lengthen make what is done grow as a power of the time taken, w^q, or as fast as
    exp(b w): ln(done) = a + b w^s / s, with the bend s from 0 to 1 as a quarter, half and all of
    the time show it; what comes before the first step is no part of it, since loops may be
    compiled then. Without a `trend` the speed of the later half lasts, as that of members does.
    """

    def __init__(self, total: float, done: float = 0.0, *, trend: bool) -> None:
        self._total, self._first, self._trend = total, done, trend
        self._samples: list[tuple[float, float]] = [(0.0, 0.0)]
        self._before, self._zero, self._calls = 0.0, done, 0

    def at(self, elapsed: float, done: float) -> float | None:
        """Return the seconds left at `elapsed` seconds with so much done; None if unknown yet."""
        self._calls += 1
        if self._trend and self._calls == 1 and done < self._total:
            self._before, self._zero = elapsed, done
            return None
        return self._left(elapsed - self._before, done)

    def _left(self, elapsed: float, done: float) -> float | None:
        now, total = done - self._zero, self._total - self._zero
        self._samples.append((elapsed, now))
        if len(self._samples) > _MOST:
            self._samples = self._samples[::2]
        if now >= total:
            return 0.0
        if elapsed < _LEAST or (self._trend and self._calls < _FEW):
            return None
        middle = 0.5 * elapsed
        quarter, half = self._done_at(0.5 * middle), self._done_at(middle)
        if now <= half:
            return None
        if not self._trend or not 0.0 < quarter < half:
            return (total - now) * (elapsed - middle) / (now - half)
        grown = math.log(now / half)
        bend = min(max(math.log2(grown / math.log(half / quarter)), 0.0), 1.0)
        return _ahead(elapsed, middle, math.log(total / now) / grown, bend)

    def per_minute(self, elapsed: float, done: float) -> float:
        """Return how much is done in a minute, since the start."""
        return 60.0 * (done - self._first) / elapsed if elapsed > 0 else 0.0

    def _done_at(self, time: float) -> float:
        after = bisect_left(self._samples, (time, 0.0))
        (t0, done0), (t1, done1) = self._samples[after - 1], self._samples[after]
        return done0 + (done1 - done0) * (time - t0) / (t1 - t0)


def _ahead(elapsed: float, middle: float, times: float, bend: float) -> float:
    """Return the seconds until ln(done) has grown by `times` what it grew since `middle`."""
    if bend < _POWER:
        exponent = times * math.log(elapsed / middle)
    else:
        exponent = math.log1p(times * (1.0 - (middle / elapsed) ** bend)) / bend
    return elapsed * math.expm1(min(exponent, _MOST_GROWTH))


def in_words(seconds: float | None) -> str:
    """Return a time left in the largest unit that suits it, or that it is not known."""
    if seconds is None:
        return "time left not known yet"
    if seconds < 100:
        return f"{seconds:.0f} s left"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min left"
    if seconds < 2 * 86_400:
        return f"{seconds / 3600:.1f} h left"
    return f"{seconds / 86_400:.1f} days left"

"""The time left, from how what is done has grown."""

from __future__ import annotations

import math

_MOST = 256  # samples that are kept
_LEAST = 0.5  # seconds before anything is said
_SLOWEST, _FASTEST = 0.5, 8.0


class TimeLeft:
    """Seconds left until `total` is done, from a start at `done`.

    Steps that lengthen make what is done grow as a power q of the time taken, seen between half
    the time and now: what is left takes `w ((total/done)^(1/q) - 1)`. Without a `trend` the speed
    of the later half lasts, as that of members does.
    """

    def __init__(self, total: float, done: float = 0.0, *, trend: bool) -> None:
        self._total, self._first, self._trend = total, done, trend
        self._samples: list[tuple[float, float]] = [(0.0, 0.0)]

    def at(self, elapsed: float, done: float) -> float | None:
        """Return the seconds left at `elapsed` seconds with so much done; None if unknown yet."""
        now = done - self._first
        self._samples.append((elapsed, now))
        if len(self._samples) > _MOST:
            self._samples = self._samples[::2]
        at_half, half = min(self._samples, key=lambda sample: abs(sample[0] - 0.5 * elapsed))
        total = self._total - self._first
        if now >= total:
            return 0.0
        if elapsed < _LEAST or now <= half or at_half >= elapsed:
            return None
        if not self._trend or half <= 0.0 or at_half <= 0.0:
            return (total - now) * (elapsed - at_half) / (now - half)
        power = math.log(now / half) / math.log(elapsed / at_half)
        power = min(max(power, _SLOWEST), _FASTEST)
        return elapsed * math.expm1(math.log(total / now) / power)

    def per_minute(self, elapsed: float, done: float) -> float:
        """Return how much is done in a minute, since the start."""
        return 60.0 * (done - self._first) / elapsed if elapsed > 0 else 0.0


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

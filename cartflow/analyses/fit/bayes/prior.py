"""A prior of one number: its law on the scale that is sought, its limits, its origin."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z_95 = 1.959963984540054
# Standard deviations at which a normal prior that nothing else bounds is cut; beyond is 6e-5.
_CUT = 4.0
_UNSEEN = 5.0  # those at which a cut is not worth a word


@dataclass(frozen=True, kw_only=True)
class Prior:
    """A prior between `low` and `high` (values), on the scale that is sought.

    Normal there with 95 % within `middle95` (values), or even where that is None. `origin` says
    where it is from.
    """

    low: float
    high: float
    logarithmic: bool
    middle95: tuple[float, float] | None
    origin: str

    def inner(self, value: float) -> float:
        """Return a value on the scale that is sought."""
        return math.log(value) if self.logarithmic else value

    @property
    def normal(self) -> tuple[float, float] | None:
        """The middle and the standard deviation on the scale that is sought; None if even."""
        if self.middle95 is None:
            return None
        low, high = (self.inner(end) for end in self.middle95)
        return 0.5 * (low + high), (high - low) / (2.0 * _Z_95)

    def words(self, unit: str) -> str:
        """Return the prior in words."""
        unit = "" if unit == "1" else f" {unit}"
        if self.middle95 is None:
            how = "even in the logarithm" if self.logarithmic else "even"
            return f"{how} from {self.low:.4g} to {self.high:.4g}{unit} ({self.origin})"
        how = "log-normal" if self.logarithmic else "normal"
        low, high = self.middle95
        limits = f", cut at {self.low:.4g} and {self.high:.4g}{unit}" if self._is_cut else ""
        return f"{how}, 95 % within {low:.4g} to {high:.4g}{unit}{limits} ({self.origin})"

    def reach(self) -> tuple[float, float]:
        """Return where it ends if nothing else bounds it: below 0 only if its 95 % are."""
        assert self.normal is not None
        assert self.middle95 is not None
        middle, sd = self.normal
        low, high = middle - _CUT * sd, middle + _CUT * sd
        if self.logarithmic:
            return math.exp(low), math.exp(high)
        return (max(low, 0.0) if self.middle95[0] >= 0 else low), high

    @property
    def _is_cut(self) -> bool:
        """Whether it ends where anything of it would lie."""
        assert self.normal is not None
        middle, sd = self.normal
        ends = (self.inner(self.low), self.inner(self.high))
        return min(abs(end - middle) for end in ends) < _UNSEEN * sd

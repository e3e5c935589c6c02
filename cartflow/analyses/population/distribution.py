"""How one number differs between members: log-normal, normal, uniform, or a choice of names."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """The distribution of the number `key`, in `unit`, between `lowest` and `highest`.

    ``log-normal``: `centre` is the median and `width` the standard deviation of the logarithm;
    ``normal``: mean and standard deviation; both are cut at the bounds, and what lies beyond is
    spread over the rest. ``uniform`` and ``log-uniform`` lie between the bounds. A ``choice`` is
    of `names` by their `shares`.
    """

    key: str
    kind: str
    unit: str = "1"
    centre: float = math.nan
    width: float = math.nan
    lowest: float = -math.inf
    highest: float = math.inf
    names: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    source: str = "study"
    standing: str = "assumed"

    def values(self, scores: Array) -> Array:
        """Return the values of members with these standard normal `scores`, of equal rank."""
        if self.kind == "choice":
            ends = np.cumsum(self.shares) / sum(self.shares)
            return np.minimum(np.searchsorted(ends, ndtr(scores), "right"), len(self.names) - 1)
        if self.kind == "uniform":
            return self.lowest + (self.highest - self.lowest) * ndtr(scores)
        if self.kind == "log-uniform":
            found = self.lowest * (self.highest / self.lowest) ** ndtr(scores)
        elif self.kind == "log-normal":
            found = self.centre * np.exp(self.width * self._cut(scores))
        else:
            found = self.centre + self.width * self._cut(scores)
        return np.asarray(np.clip(found, self.lowest, self.highest))

    def _cut(self, scores: Array) -> Array:
        """Return the scores of equal rank of a normal distribution cut at the bounds."""
        low, high = (self._score(bound) for bound in (self.lowest, self.highest))
        if not math.isfinite(low) and not math.isfinite(high):
            return scores
        if low > 0:  # in the upper tail ranks are told from above, where they are not rounded away
            return -ndtri(ndtr(-high) + ndtr(-scores) * (ndtr(-low) - ndtr(-high)))
        return ndtri(ndtr(low) + ndtr(scores) * (ndtr(high) - ndtr(low)))

    def _score(self, bound: float) -> float:
        """Return the standard normal score of a bound."""
        if self.kind == "log-normal":
            bound = math.log(bound / self.centre) if bound > 0 else -math.inf
            return bound / self.width
        return (bound - self.centre) / self.width

    def kept(self) -> float:
        """Return the share of the distribution that lies within its bounds."""
        low, high = (self._score(bound) for bound in (self.lowest, self.highest))
        return float(ndtr(high) - ndtr(low)) if low < 0 else float(ndtr(-low) - ndtr(-high))

    @property
    def middle(self) -> str:
        """The median, as a study writes it."""
        if self.kind == "choice":
            return self.names[int(np.argmax(self.shares))]
        return f"{float(self.values(np.zeros(1))[0])!r} {self.unit}".removesuffix(" 1")

    def in_words(self) -> str:
        """Return the distribution in a few words."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        if self.kind == "choice":
            pairs = zip(self.names, self.shares, strict=True)
            return "choice of " + ", ".join(f"{name} ({share:.3g})" for name, share in pairs)
        bounds = [
            f"{word} {value:.4g}{unit}"
            for word, value in (("from", self.lowest), ("to", self.highest))
            if math.isfinite(value)
        ]
        if self.kind == "log-normal":
            cv = math.sqrt(math.expm1(self.width**2))
            bounds = [f"median {self.centre:.4g}{unit}", f"cv {cv:.3g}", *bounds]
        elif self.kind == "normal":
            bounds = [f"mean {self.centre:.4g}{unit}", f"sd {self.width:.3g}{unit}", *bounds]
        return f"{self.kind}, {', '.join(bounds)}"

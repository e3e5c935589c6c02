"""Antigen window: is there a threshold of signalling that kills the tumour and spares the rest?

Antigen per cell is log-normal; a cell is killed where it carries more than the threshold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from cartflow.closed_forms.quantities import NOT_NEGATIVE, POSITIVE, SHARE, Number
from cartflow.core.outcome import InputError

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Antigen:
    """Log-normal antigen on a kind of cell: `median` molecules a cell, `spread` of the logarithm.

    `spread` is the standard deviation of the natural logarithm; 0 gives all cells the median.
    Raises `InputError` on a median of 0 or less and a spread below 0.
    """

    median: Number = Number(POSITIVE)
    spread: Number = Number(NOT_NEGATIVE)

    def share_above(self, threshold: float | Array) -> float | Array:
        """Return the share of cells with more than `threshold` molecules.

        Phi(ln(median/threshold)/spread); 1 for a threshold of 0.
        """
        level = np.asarray(threshold, dtype=float)
        if np.any(np.isnan(level) | (level < 0)):
            msg = f"threshold: got {threshold!r}; allowed: at least 0"
            raise InputError(msg)
        with np.errstate(divide="ignore"):
            above = np.log(self.median) - np.log(level)
        result = ndtr(above / self.spread) if self.spread else np.where(above > 0, 1.0, 0.0)
        return result if np.ndim(threshold) else float(result)

    def threshold_for(self, share: float) -> float:
        """Return the threshold that a `share` of cells exceeds: median exp(-spread z(share)).

        Without spread the median, below which all cells exceed a threshold.
        """
        share = SHARE.read(share, "share")
        if self.spread == 0 and 0 < share < 1:
            return self.median
        with np.errstate(over="ignore"):
            return float(self.median * np.exp(-(self.spread or 1.0) * ndtri(share)))

    def classes(self, number: int) -> tuple[Array, Array]:
        """Return shares and medians of `number` classes of equal share, from low antigen to high.

        For a study that holds antigen as separate species: the median of each class is the
        quantile at the middle of its share.
        """
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            msg = f"number: got {number!r}; allowed: whole numbers from 1"
            raise InputError(msg)
        middles = (np.arange(number) + 0.5) / number
        return np.full(number, 1.0 / number), self.median * np.exp(self.spread * ndtri(middles))


@dataclass(frozen=True, kw_only=True)
class AntigenWindow:
    """Thresholds that kill enough of the `tumour` and not too much of the `healthy` cells.

    At least the share `kill` of tumour cells and at most the share `spare` of healthy ones may
    have more than the threshold; both lie strictly between 0 and 1 (a log-normal tail has no end).
    """

    tumour: Antigen
    healthy: Antigen
    kill: Number = Number(SHARE, 0.99)
    spare: Number = Number(SHARE, 0.01)

    def __post_init__(self) -> None:
        for name in ("kill", "spare"):
            if getattr(self, name) in (0.0, 1.0):
                msg = f"{name}: got {getattr(self, name):g}; allowed: between 0 and 1, not these"
                raise InputError(msg)

    @property
    def lowest(self) -> float:
        """The threshold above which few enough healthy cells are killed (molecules a cell)."""
        return self.healthy.threshold_for(self.spare)

    @property
    def highest(self) -> float:
        """The threshold below which enough tumour cells are killed (molecules a cell)."""
        return self.tumour.threshold_for(self.kill)

    @property
    def decades(self) -> float:
        """The width of the window, log10(highest/lowest); below 0 where there is none."""
        return math.log10(self.highest / self.lowest)

    def interval(self) -> tuple[float, float] | None:
        """Return the lowest and the highest threshold that meet both limits, or None."""
        return (self.lowest, self.highest) if self.lowest <= self.highest else None

    def sensitivity(self) -> dict[str, float]:
        """Return d ln(highest/lowest) by the logarithm of each median and by each spread.

        1 and -1 for the medians, -z(kill) and z(spare) for the spreads.
        """
        return {
            "tumour.median": 1.0,
            "healthy.median": -1.0,
            "tumour.spread": float(-ndtri(self.kill)),
            "healthy.spread": float(ndtri(self.spare)),
        }

    def ratio_needed(self) -> float:
        """Return the least ratio of the medians, tumour over healthy, for which there is a window.

        exp(spread_tumour z(kill) - spread_healthy z(spare)).
        """
        effort = self.tumour.spread * ndtri(self.kill) - self.healthy.spread * ndtri(self.spare)
        return float(np.exp(effort))

    def in_words(self) -> str:
        """Return the answer as one sentence."""
        limits = f"{100 * self.kill:g} % of the tumour and {100 * self.spare:g} % of healthy cells"
        found = self.interval()
        if found is None:
            return (
                f"No window: no threshold kills {limits} or less of them; the medians are apart "
                f"by a factor {self.tumour.median / self.healthy.median:.3g}, and "
                f"{self.ratio_needed():.3g} is needed."
            )
        return (
            f"Thresholds from {found[0]:.4g} to {found[1]:.4g} molecules a cell kill at least "
            f"{limits} at most ({self.decades:.2f} decades)."
        )

"""The least and the greatest multiplicity and days in culture that give a dose within limits."""

from __future__ import annotations

from dataclasses import dataclass

from cartflow.closed_forms.product import (
    Culture,
    multiplicity_for_copies,
    multiplicity_for_share,
)
from cartflow.closed_forms.quantities import CELLS, DAYS, SHARE, Bounds, Number
from cartflow.core.outcome import InputError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a product must meet: dose (positive cells), share positive, copies, days in culture."""

    least_dose: Number = Number(CELLS)
    greatest_dose: Number = Number(CELLS)
    least_share: Number = Number(SHARE, 0.0)
    greatest_copies: Number = Number(Bounds(least=1.0), 5.0)
    least_time: Number = Number(DAYS, 0.0)
    greatest_time: Number = Number(DAYS, 14.0)

    def __post_init__(self) -> None:
        for what in ("dose", "time"):
            low, high = getattr(self, f"least_{what}"), getattr(self, f"greatest_{what}")
            if low > high:
                msg = f"least_{what}: got {low:g}; allowed: at most greatest_{what}, {high:g}"
                raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Window:
    """The multiplicities and days that meet all limits, each with some value of the other."""

    multiplicity: tuple[float, float]
    time: tuple[float, float]

    def in_words(self) -> str:
        """Return the answer as one sentence."""
        (low, high), (early, late) = self.multiplicity, self.time
        return (
            f"Multiplicities from {low:.3g} to {high:.3g} and {early:.3g} to {late:.3g} days in "
            "culture give the dose within the limits (each with some value of the other)."
        )


def window(culture: Culture, limits: Limits) -> Window | str:
    """Return the multiplicities and days within `limits`, or one sentence why there are none.

    The dose rises with both, so that the least multiplicity goes with the longest culture and the
    greatest with the shortest.
    """
    low = multiplicity_for_share(limits.least_share)
    high = multiplicity_for_copies(limits.greatest_copies)
    if low > high:
        return (
            f"No product: a share of {limits.least_share:g} needs a multiplicity of {low:.3g}, "
            f"and {limits.greatest_copies:g} copies a cell allow {high:.3g}."
        )
    low = max(low, culture.multiplicity_for(limits.greatest_time, limits.least_dose))
    if low > high:
        most = culture.dose(high, limits.greatest_time)
        return (
            f"No product: {limits.greatest_time:g} days and a multiplicity of {high:.3g} give "
            f"{most:.3g} cells, fewer than {limits.least_dose:.3g}."
        )
    high = min(high, culture.multiplicity_for(limits.least_time, limits.greatest_dose))
    if low > high:
        fewest = culture.dose(low, limits.least_time)
        return (
            f"No product: {limits.least_time:g} days and a multiplicity of {low:.3g} give "
            f"{fewest:.3g} cells already, more than {limits.greatest_dose:.3g}."
        )
    early = max(limits.least_time, culture.time_for(high, limits.least_dose))
    late = min(limits.greatest_time, culture.time_for(low, limits.greatest_dose))
    return Window(multiplicity=(low, high), time=(early, late))

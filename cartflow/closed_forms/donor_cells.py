"""Donor cells: how many are too many, by hazards of relapse and of graft-versus-host disease."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cartflow.closed_forms.quantities import (
    DAYS,
    HAZARD,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    Number,
)
from cartflow.core.arguments import whole_number
from cartflow.core.outcome import InputError

Array = np.ndarray
Hazard = Callable[[float], float]

_GRID = 2001


@dataclass(frozen=True, kw_only=True)
class DonorCells:
    """Constant hazards (1/day or text): relapse a exp(-b d), graft-versus-host disease c + g d.

    d is the dose, in units of the user's choice (1e6 cells/kg); b is per that unit and g a hazard
    per that unit. Both compete: the first of them counts.
    """

    relapse: Number = Number(HAZARD)
    protection: Number = Number(NOT_NEGATIVE)
    background: Number = Number(HAZARD)
    harm: Number = Number(HAZARD)

    def hazards(self, dose: float) -> tuple[float, float]:
        """Return the hazards (1/day) of relapse and of graft-versus-host disease at a dose."""
        d = NOT_NEGATIVE.read(dose, "dose")
        relapse = self.relapse * math.exp(-self.protection * d)
        return relapse, self.background + self.harm * d

    def neither(self, dose: float, time: float | str = "365.25 day") -> float:
        """Return the chance of neither by `time`: exp(-(a exp(-b d) + c + g d) t)."""
        days = DAYS.read(time, "time")
        return math.exp(-sum(self.hazards(dose)) * days)

    def first(self, dose: float, time: float | str = "365.25 day") -> tuple[float, float]:
        """Return the chances that relapse, and that the disease, comes first and by `time`."""
        hazards = self.hazards(dose)
        either = 1.0 - self.neither(dose, time)
        total = sum(hazards)
        relapse, disease = (either * h / total if total > 0 else 0.0 for h in hazards)
        return relapse, disease

    @property
    def best_dose(self) -> float:
        """The dose with the greatest chance of neither: ln(a b/g)/b where a b > g, else 0.

        Infinite where cells protect and do no harm.
        """
        gain, harm = self.relapse * self.protection, self.harm
        if gain <= harm or gain == 0:
            return 0.0
        return math.inf if harm == 0 else math.log(gain / harm) / self.protection

    def interval(
        self, errors: dict[str, float], *, level: float = 0.95, draws: int = 10_000, seed: int = 0
    ) -> tuple[float, float]:
        """Return the interval of the best dose when numbers are known with log-normal errors.

        `errors` are standard deviations of natural logarithms by name (``relapse``,
        ``protection``, ``harm``); the same seed gives the same interval.
        """
        known = ("relapse", "protection", "harm")
        for name in errors:
            if name not in known:
                msg = f"errors: unknown name '{name}'; allowed: {', '.join(known)}"
                raise InputError(msg)
        level = SHARE.read(level, "level")
        size = whole_number(draws, "draws", 1, 10_000_000)
        random = np.random.default_rng(whole_number(seed, "seed", 0, 2**63 - 1))
        drawn = {
            name: float(getattr(self, name))
            * np.exp(NOT_NEGATIVE.read(errors.get(name, 0.0), name) * random.standard_normal(size))
            for name in known
        }
        found = _best_doses(drawn["relapse"], drawn["protection"], drawn["harm"])
        tail = 0.5 * (1.0 - level)
        low, high = np.quantile(found, [tail, 1.0 - tail], method="inverted_cdf")
        return float(low), float(high)

    def in_words(self) -> str:
        """Return the answer as one sentence."""
        best = self.best_dose
        if best == 0:
            return (
                "No dose: the first cells protect less than they harm, so that the chance of "
                f"neither within a year is greatest without them, {self.neither(0.0):.3g}."
            )
        if math.isinf(best):
            return "No dose is too many: cells protect and do no harm."
        return (
            f"The best dose is {best:.4g}, with a chance of neither within a year of "
            f"{self.neither(best):.3g}; without cells it is {self.neither(0.0):.3g}."
        )


def _best_doses(relapse: Array, protection: Array, harm: Array) -> Array:
    """Return the best dose of each draw, as `DonorCells.best_dose` does of one."""
    gain = relapse * protection
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.log(gain / harm) / protection
    return np.where((gain > harm) & (gain > 0), best, 0.0)


def best_dose(relapse: Hazard, disease: Hazard, *, most: float) -> float:
    """Return the dose from 0 to `most` with the least sum of two hazards, of whatever form.

    Sought on a grid of 2001 doses, then between the neighbours of the best; an end of the range
    is returned where it is the best.
    """
    from scipy.optimize import minimize_scalar

    end = POSITIVE.read(most, "most")

    def total(dose: float) -> float:
        found = float(relapse(dose)) + float(disease(dose))
        if not math.isfinite(found) or found < 0:
            msg = f"hazards: their sum at a dose of {dose:g} is {found:g}; allowed: at least 0"
            raise InputError(msg)
        return found

    doses = np.linspace(0.0, end, _GRID)
    sums = [total(float(dose)) for dose in doses]
    place = int(np.argmin(sums))
    if place in (0, _GRID - 1):
        return float(doses[place])
    found = minimize_scalar(
        total,
        bounds=(doses[place - 1], doses[place + 1]),
        method="bounded",
        options={"xatol": 1e-10 * end},
    )
    return float(found.x)

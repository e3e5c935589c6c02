"""Cyclophosphamide before infusion: exposure by dose, weight and renal function.

Juma et al. 1981 (abstract read): clearance 58.6 mL/h/kg and half-life 8.21 h with normal kidneys,
48.8 mL/h/kg with a creatinine clearance of 0 to 51 mL/min. A line through both is assumed, at 100
and 25 mL/min, and so is one compartment. It makes its own elimination faster after repeated high
doses, which is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cartflow.closed_forms.quantities import DAYS, Bounds, Number
from cartflow.core.outcome import InputError

Array = np.ndarray

_NORMAL, _FAILING = 58.6e-3, 48.8e-3  # L/h/kg
_AT_NORMAL, _AT_FAILING = 100.0, 25.0  # mL/min
_HALF_LIFE = 8.21  # h, with normal kidneys
_PER_KG = 1e12  # ng
_PER_FLOW = 1.44e6  # mm3/day in mL/min
_MASS = Bounds("mg", 0.0)
_WEIGHT = Bounds("kg", 0.0, open=True)
_FLOW = Bounds("mL/min", 0.0)


@dataclass(frozen=True, kw_only=True)
class Cyclophosphamide:
    """A patient's `weight` and creatinine clearance `egfr`, with units as text.

    Numbers without a unit stand in ng and mm3/day. Concentrations are in mg/L, exposures in
    mg h/L, of cyclophosphamide itself; what kills are its metabolites.
    """

    weight: Number = Number(_WEIGHT)
    egfr: Number = Number(_FLOW)

    @property
    def clearance(self) -> float:
        """The clearance, L/h: weight (0.0455 + 0.000131 egfr), in kg and mL/min."""
        slope = (_NORMAL - _FAILING) / (_AT_NORMAL - _AT_FAILING)
        per_kg = _NORMAL + slope * (self.egfr / _PER_FLOW - _AT_NORMAL)
        return per_kg * self.weight / _PER_KG

    @property
    def volume(self) -> float:
        """The volume, L: 0.694 L/kg, from clearance and half-life with normal kidneys."""
        return _NORMAL * _HALF_LIFE / math.log(2) * self.weight / _PER_KG

    @property
    def half_life(self) -> float:
        """The half-life, h."""
        return math.log(2) * self.volume / self.clearance

    def exposure(self, dose: float | str) -> float:
        """Return the area under the curve without end, mg h/L, of a total dose."""
        return _MASS.read(dose, "dose") / 1e6 / self.clearance

    def course(self, dose: float | str, days: list[float], times: Array) -> Array:
        """Return concentrations (mg/L) at `times` (days), a `dose` at once on each of `days`."""
        given = [DAYS.read(day, "days") for day in days]
        if not given:
            raise InputError("days: got none; give one at least")
        first = _MASS.read(dose, "dose") / 1e6 / self.volume
        since = np.asarray(times, dtype=float)[:, None] - np.array(given)
        each = np.exp(-24.0 * self.clearance / self.volume * np.maximum(since, 0.0))
        return np.asarray(first * np.where(since >= 0, each, 0.0).sum(axis=1))

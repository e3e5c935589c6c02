"""Fludarabine before infusion: exposure by dose, weight and renal function.

Langenhorst et al. 2018, 258 recipients of transplants of all ages: three compartments, clearance
(3.24 + 0.782 eGFR) L/h and intercompartmental clearances times (weight/70 kg)^0.75, volumes times
weight/70 kg, eGFR per 1.73 m2 and in L/h. The abstract was read, and a transcription of the model
(nlmixr2/nlmixr2lib, ``Langenhorst_2019_fludarabine``) with the medians of exposure: 26 mg h/L in
adults, which needs doses in F-ara-A (0.781 of the phosphate), and 21 in children, where the
median child (29 kg, 140 mL/min) has 25.5 here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.closed_forms.quantities import DAYS, Bounds, Number
from cartflow.core.outcome import InputError

Array = np.ndarray

# Of the phosphate that is given, the share by mass that is the circulating F-ara-A.
_SHARE = 285.23 / 365.21
_LITRE, _PER_HOUR = 1e6, 24.0  # in mm3, per day
_NOT_RENAL, _RENAL = 3.24, 0.782
_VOLUMES = (39.0, 20.0, 50.0)  # L per 70 kg: central, second, third
_EXCHANGES = (8.6, 3.8)  # L/h per 70 kg: central to second, to third
_MASS = Bounds("mg", 0.0)
_WEIGHT = Bounds("kg", 0.0, open=True)
_FLOW = Bounds("mL/min", 0.0)
_EXPOSURE = Bounds("mg*h/L", 0.0)
# One mg*h/L is 1e6 ng per 24 h and 1e6 mm3.
_MG_HOUR_PER_LITRE = 1.0 / 24.0


@dataclass(frozen=True, kw_only=True)
class Fludarabine:
    """A patient's `weight` and estimated glomerular filtration `egfr`, with units as text.

    Numbers without a unit stand in ng and mm3/day. Doses are of fludarabine phosphate;
    concentrations (mg/L) and exposures (mg h/L) are of F-ara-A.
    """

    weight: Number = Number(_WEIGHT)
    egfr: Number = Number(_FLOW)

    @cached_property
    def _size(self) -> float:
        return self.weight / 70e12  # ng

    @property
    def clearance(self) -> float:
        """The clearance, L/h."""
        egfr = self.egfr / _LITRE / _PER_HOUR
        return (_NOT_RENAL + _RENAL * egfr) * self._size**0.75

    @property
    def renal_share(self) -> float:
        """The share of the clearance that is renal."""
        return 1.0 - _NOT_RENAL * self._size**0.75 / self.clearance

    def exposure(self, dose: float | str) -> float:
        """Return the area under the curve without end, mg h/L, of a total dose: 0.781 dose/CL."""
        return _MASS.read(dose, "dose") / 1e6 * _SHARE / self.clearance

    def dose_for(self, exposure: float | str) -> float:
        """Return the total dose, mg, for an exposure in mg h/L."""
        text = isinstance(exposure, str)
        wanted = _EXPOSURE.read(exposure, "exposure") / (_MG_HOUR_PER_LITRE if text else 1.0)
        return wanted * self.clearance / _SHARE

    def course(self, dose: float | str, days: list[float], times: Array) -> Array:
        """Return concentrations (mg/L) at `times` (days), a `dose` given at once on each of `days`.

        The sum of three exponentials of each dose, by the eigenvalues of the linear system.
        """
        given = [DAYS.read(day, "days") for day in days]
        if not given:
            raise InputError("days: got none; give one at least")
        rates, modes = np.linalg.eig(self._matrix)
        start = np.array([_MASS.read(dose, "dose") / 1e6 * _SHARE, 0.0, 0.0])
        weights = modes[0] * np.linalg.solve(modes, start) / (_VOLUMES[0] * self._size)
        since = np.asarray(times, dtype=float)[:, None] - np.array(given)
        each = np.exp(np.multiply.outer(np.maximum(since, 0.0), rates)) @ weights
        return np.asarray(np.where(since >= 0, each.real, 0.0).sum(axis=1))

    @property
    def _matrix(self) -> Array:
        """The change of the amounts in three compartments, 1/day."""
        central, second, third = (v * self._size for v in _VOLUMES)
        to_second, to_third = (q * self._size**0.75 for q in _EXCHANGES)
        out = self.clearance + to_second + to_third
        return _PER_HOUR * np.array(
            [
                [-out / central, to_second / second, to_third / third],
                [to_second / central, -to_second / second, 0.0],
                [to_third / central, 0.0, -to_third / third],
            ]
        )

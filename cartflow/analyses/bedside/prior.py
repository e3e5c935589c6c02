"""How the numbers of a model differ between patients, before anything is known of one of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.analyses.fit.mixed.effects import Covariate, shifts
from cartflow.analyses.fit.parameters import Parameter, Wanted
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.outcome import InputError, suggest

Array = np.ndarray
_WIDE = 8.0  # standard deviations over which a model must follow its numbers in straight lines
_SAME_SIGN = 0.9  # of a typical value, within which a number keeps its sign


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """A number that differs between patients: `deviation` is that of its logarithm, or its own."""

    key: str
    unit: str
    typical: float
    deviation: float
    logarithmic: bool = True

    @property
    def inner(self) -> float:
        """The typical value on the scale on which it is normal."""
        return math.log(self.typical) if self.logarithmic else self.typical

    @property
    def wanted(self) -> Wanted:
        """What is varied, over a range within which the model is asked what it changes."""
        wide = _WIDE * (self.deviation or 0.1)
        if not self.logarithmic and self.typical:
            wide = min(wide, _SAME_SIGN * abs(self.typical))
        ends = [self.inner + side * wide for side in (-1.0, 1.0)]
        low, high = (math.exp(end) if self.logarithmic else end for end in ends)
        return Wanted(
            key=self.key, bounds=(low, high), unit=self.unit, logarithmic=self.logarithmic
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Prior:
    """Patients' numbers: normal about typical ones, on the scale of each (logarithm or itself).

    `spreads` have a correlation matrix `correlation`; a `deviation` of 0 is the same in all.
    `covariates` have sizes and shift typical values. `errors` and `observables` are what a fit
    says of measurements, `settings` what it held; `origin` says in words where all this is from.
    """

    spreads: Sequence[Spread]
    correlation: Array
    origin: str
    covariates: Sequence[Covariate] = ()
    errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    observables: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    scenario: str | None = None
    model: str | None = None
    dose_into: str | None = None

    @cached_property
    def places(self) -> Array:
        """Which numbers differ between patients."""
        return np.flatnonzero([each.deviation > 0 for each in self.spreads])

    @cached_property
    def covariance(self) -> Array:
        """The covariance of what differs, on the scale on which it is normal."""
        wide = np.array([self.spreads[k].deviation for k in self.places])
        return self.correlation * np.outer(wide, wide)

    @cached_property
    def root(self) -> Array:
        """The lower triangular factor of the covariance."""
        return np.linalg.cholesky(self.covariance)

    @property
    def keys(self) -> list[str]:
        """The keys of all numbers."""
        return [each.key for each in self.spreads]

    def typical(self, data: Measurements) -> Array:
        """Return typical inner values of every subject (subjects, numbers), by its covariates."""
        found = np.tile([each.inner for each in self.spreads], (len(data.subjects), 1))
        for place, each in enumerate(self.covariates):
            moved = self.keys.index(each.key)
            found[:, moved] += (each.size or 0.0) * shifts(self.covariates, data)[:, place]
        return found

    def parameters(self) -> list[Parameter]:
        """Return the numbers as a fit has them."""
        return [
            Parameter(
                name=each.key,
                key=each.key,
                kind="number",
                unit=each.unit,
                low=each.wanted.bounds[0] if each.wanted.bounds else 0.0,
                high=each.wanted.bounds[1] if each.wanted.bounds else 0.0,
                logarithmic=each.logarithmic,
                stated=each.typical,
            )
            for each in self.spreads
        ]


def with_correlations(prior: Prior, pairs: Mapping[tuple[str, str], float], what: str) -> Prior:
    """Return the prior with coefficients between its numbers. Raises `InputError`."""
    keys = [prior.spreads[k].key for k in prior.places]
    found = prior.correlation.copy()
    for pair, coefficient in pairs.items():
        for key in pair:
            if key not in keys:
                msg = f"{what}: '{key}' does not differ between patients; {suggest(key, keys)}"
                raise InputError(msg)
        i, j = (keys.index(key) for key in pair)
        if i == j or not -1.0 < coefficient < 1.0:
            msg = f"{what}: {' and '.join(pair)} must differ, and {coefficient:g} lie between -1 "
            raise InputError(msg + "and 1")
        found[i, j] = found[j, i] = coefficient
    if not np.linalg.eigvalsh(found)[0] > 1e-10:
        msg = f"{what}: the coefficients contradict one another; give ones nearer to 0"
        raise InputError(msg)
    return replace(prior, correlation=found)

"""A PEtab problem as what the search of a fit asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.analyses.fit.parameters import Parameter
from cartflow.analyses.fit.petab.exact import Exact, exact_of
from cartflow.analyses.fit.petab.likelihood import said
from cartflow.analyses.fit.petab.measured import measurements_of
from cartflow.analyses.fit.petab.simulate import Simulated, nominal, simulated
from cartflow.analyses.fit.petab.tables import Tables
from cartflow.analyses.fit.problem import Evaluation, Problem
from cartflow.core.outcome import InputError, StepFailed

Array = np.ndarray
_STEP = 1e-5


@dataclass(frozen=True, kw_only=True, eq=False)
class PetabProblem(Problem):
    """A problem whose predictions come from its tables, with slopes by `exact` or differences."""

    tables: Tables
    exact: Exact | None = None

    @property
    def free(self) -> int:
        """How many numbers are estimated."""
        return len(self.parameters)

    @cached_property
    def _given(self) -> dict[str, float]:
        return nominal(self.tables)

    def all_values(self, inner: Array) -> dict[str, float]:
        """Return the values of all parameters, those that are not estimated at their nominal."""
        names = [p.name for p in self.parameters]
        return {**self._given, **dict(zip(names, self.values(inner).tolist(), strict=True))}

    def evaluate(self, inner: Array, slopes: bool = True) -> Evaluation:
        """Return what the measurements say at `inner`; an infinite loss where a run fails."""
        try:
            here, exact = self.predicted(inner, slopes)
        except StepFailed:
            return Evaluation.failed(len(self.parameters), len(self.tables.measurements))
        told = said(self.tables, here)
        loss = float(told.loss.sum())
        if not math.isfinite(loss):
            return Evaluation.failed(len(self.parameters), len(self.tables.measurements))
        moves = np.zeros((2, len(inner), len(told.loss))) if exact is None else exact
        for k in range(len(inner) if slopes and exact is None else 0):
            found = self._beside(inner, k)
            if found is None:
                return Evaluation.failed(len(self.parameters), len(self.tables.measurements))
            there, step = found
            moves[0, k] = (there.predicted - here.predicted) / step
            moves[1, k] = (there.noise - here.noise) / step
        rows = np.einsum("rcm,ckm->rmk", told.rows, moves).reshape(-1, len(inner))
        return Evaluation(
            loss=loss,
            gradient=np.einsum("cm,ckm->k", told.slopes, moves),
            rows=rows,
            predicted=here.predicted,
            tangents=moves[0],
            linear={},
            likelihood=loss,
        )

    def predicted(self, inner: Array, slopes: bool) -> tuple[Simulated, Array | None]:
        """Return what is predicted at `inner`, and slopes (2, parameters, n) if they are exact.

        Raises `StepFailed`.
        """
        if self.exact is None:
            return simulated(self.tables, self.all_values(inner)), None
        here, moves = self.exact.at(self.all_values(inner), slopes)
        return here, moves * self.stretch(self.values(inner))[:, None]

    def _beside(self, inner: Array, k: int) -> tuple[Simulated, float] | None:
        """Return a run a little above or below, with the step, or None where both fail."""
        size = _STEP * max(1.0, abs(inner[k]))
        for step in (size, -size):
            moved = inner.copy()
            moved[k] += step
            if self.bounds[0][k] <= moved[k] <= self.bounds[1][k]:
                try:
                    return simulated(self.tables, self.all_values(moved)), step
                except StepFailed:
                    continue
        return None


def estimated(tables: Tables) -> list[Parameter]:
    """Return the parameters that are to be estimated. Raises `InputError` for priors."""
    found = []
    for key, row in tables.parameters.iterrows():
        if int(row["estimate"]) != 1:
            continue
        where = f"{tables.name}: parameter '{key}'"
        prior = row.get("objectivePriorType")
        if isinstance(prior, str) and prior not in ("", "uniform", "parameterScaleUniform"):
            msg = f"{where}: has the prior '{prior}'; priors of PEtab are not known"
            raise InputError(msg)
        low, high = float(row["lowerBound"]), float(row["upperBound"])
        scale = str(row["parameterScale"])
        if not low < high or (scale != "lin" and low <= 0):
            msg = f"{where}: goes from {low:g} to {high:g} on the scale '{scale}'"
            raise InputError(msg)
        found.append(_parameter(str(key), low, high, scale, float(row["nominalValue"])))
    if not found:
        msg = f"{tables.name}: no parameter is to be estimated"
        raise InputError(msg)
    return found


def _parameter(key: str, low: float, high: float, scale: str, stated: float) -> Parameter:
    logarithmic = scale != "lin"
    middle = math.sqrt(low * high) if logarithmic else 0.5 * (low + high)
    return Parameter(
        name=key,
        key=key,
        kind="number",
        unit="1",
        low=low,
        high=high,
        logarithmic=logarithmic,
        stated=stated if math.isfinite(stated) else middle,
    )


def petab_problem(tables: Tables, parameters: Sequence[Parameter]) -> PetabProblem:
    """Return the problem of `tables`, of which `parameters` are sought."""
    return PetabProblem(
        measurements=measurements_of(tables),
        subjects=(),
        measured=(),
        parameters=parameters,
        priors=(),
        tables=tables,
        exact=exact_of(tables, [each.name for each in parameters]),
    )

"""What a PEtab problem's model gives for each of its measurements."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.analyses.fit.observables import Observable
from cartflow.analyses.fit.petab.conditions import at_rest, conditioned, course_of, resting_values
from cartflow.analyses.fit.petab.tables import Tables
from cartflow.core.outcome import InputError, require_known
from cartflow.kinetics.expressions.grammar import parse
from cartflow.kinetics.runs.trajectory import Trajectory
from cartflow.kinetics.sbml.foreign import Foreign
from cartflow.kinetics.sbml.library import libsbml

Array = np.ndarray
_PRE, _SIM = "preequilibrationConditionId", "simulationConditionId"


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulated:
    """For each measurement in the order of the table: what is predicted, and its noise."""

    predicted: Array
    noise: Array


def nominal(tables: Tables) -> dict[str, float]:
    """Return the nominal values of all parameters, as themselves."""
    values = tables.parameters["nominalValue"]
    return {str(key): float(value) for key, value in values.items()}


def simulated(tables: Tables, values: Mapping[str, float]) -> Simulated:
    """Return the prediction of every measurement for `values` of the parameters.

    Raises `InputError` for what is not read, `StepFailed` where a run fails.
    """
    predicted = np.full(len(tables.measurements), np.nan)
    noise = predicted.copy()
    known = Conditions(tables)
    rests: dict[str, dict[str, float]] = {"": {}}
    for pre, sim, places in known.groups():
        if pre not in rests:
            rests[pre] = resting_values(
                conditioned_model(tables, known, values, pre, {}), tables.sbml
            )
        model = conditioned_model(tables, known, values, sim, rests[pre])
        for finite, here in _by_end(tables, places):
            if not len(here):
                continue
            times = tables.measurements["time"].to_numpy(float)[here]
            if finite:
                course = course_of(model, float(times.max()))
            else:
                course, end = at_rest(model)
                times = np.full(len(here), end)
            seen = _Seen(tables, model, course, values)
            for part, first in alike(tables, here):
                found = seen.values(first, times[part])
                predicted[here[part]], noise[here[part]] = found
    return Simulated(predicted=predicted, noise=noise)


class Conditions:
    """What the tables say of conditions."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.columns = [c for c in tables.conditions.columns if c != "conditionName"]
        document = libsbml().readSBMLFromString(tables.sbml)
        model = document.getModel()
        ids = (model.getListOfSpecies(), model.getListOfParameters(), model.getListOfCompartments())
        self.elements = {each.getId() for part in ids for each in part}
        ruled = {r.getVariable() for r in model.getListOfRules() if r.isAssignment()}
        self.numbers = [k for k in tables.parameters.index if k in self.elements - ruled]

    def groups(self) -> Iterator[tuple[str, str, Array]]:
        """Yield preequilibration (or empty), condition, and the places of their measurements."""
        measured = self.tables.measurements
        before = [""] * len(measured)
        if _PRE in measured:
            before = ["" if empty(v) else str(v) for v in measured[_PRE]]
        pairs = list(zip(before, measured[_SIM].astype(str), strict=True))
        for pair in dict.fromkeys(pairs):
            yield *pair, np.flatnonzero([each == pair for each in pairs])

    def changes(self, condition: str, values: Mapping[str, float]) -> dict[str, float]:
        """Return what a condition sets, by id."""
        table = self.tables.conditions
        require_known(condition, table.index, f"{self.tables.name}: condition")
        found = {}
        for key in self.columns:
            cell = table.loc[condition, key]
            if not empty(cell):
                found[key] = _number(cell, values, f"{self.tables.name}: {condition}.{key}")
        return found


def conditioned_model(
    tables: Tables,
    known: Conditions,
    values: Mapping[str, float],
    condition: str,
    rest: Mapping[str, float],
) -> Foreign:
    """Return the model in a condition, which begins with what was at rest before, if anything."""
    plain = {key: values[key] for key in known.numbers}
    own = {**rest, **plain, **known.changes(condition, values)}
    return conditioned(tables.sbml, own, tables.name)


def _by_end(tables: Tables, places: Array) -> list[tuple[bool, Array]]:
    finite = np.isfinite(tables.measurements["time"].to_numpy(float)[places])
    return [(True, places[finite]), (False, places[~finite])]


def alike(tables: Tables, here: Array) -> Iterator[tuple[Array, Any]]:
    """Yield which of `here` have one observable with one set of overrides, and a row of them."""
    measured = tables.measurements.iloc[here]
    columns = ["observableId", "observableParameters", "noiseParameters"]
    keys = list(zip(*(_texts(measured, column) for column in columns), strict=True))
    for key in dict.fromkeys(keys):
        yield np.flatnonzero([each == key for each in keys]), key


def _texts(frame: Any, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return ["" if empty(value) else str(value) for value in frame[column]]


class _Seen:
    """Observables of a course."""

    def __init__(
        self, tables: Tables, model: Foreign, course: Trajectory, values: Mapping[str, float]
    ) -> None:
        self.tables, self.model, self.course, self.given = tables, model, course, values

    def values(self, key: tuple[str, str, str], times: Array) -> tuple[Array, Array]:
        """Return an observable at `times` and its noise."""
        name, observed, noisy = key
        require_known(name, self.tables.observables.index, f"{self.tables.name}: observable")
        row = self.tables.observables.loc[name]
        placed = {
            **self._placed("observableParameter", name, observed),
            **self._placed("noiseParameter", name, noisy),
        }
        found = self._formula(row["observableFormula"], placed, times)
        noise = self._formula(row["noiseFormula"], {**placed, name: found}, times)
        return found, noise

    def _placed(self, kind: str, name: str, text: str) -> dict[str, Any]:
        parts = [each.strip() for each in text.split(";")] if text else []
        where = f"{self.tables.name}: {kind}s of {name}"
        return {
            f"{kind}{k}_{name}": _number(part, self.given, where)
            for k, part in enumerate(parts, start=1)
        }

    def _formula(self, text: Any, placed: Mapping[str, Any], times: Array) -> Array:
        where = f"{self.tables.name}: formula '{str(text)[:60]}'"
        try:
            observable = Observable(name="formula", expression=parse(str(text)))
        except InputError as error:
            msg = f"{where}: {error}"
            raise InputError(msg) from None
        found: dict[str, Array] = {}
        for name in observable.names:
            if name in placed:
                value = placed[name]
            elif name == "time":
                value = times
            elif name in self.model.meanings:
                value = self.course.measure(self.model.meanings[name], times * self.model.days)
            elif name in self.given:
                value = self.given[name]
            else:
                msg = f"{where}: nothing is called '{name}'"
                raise InputError(msg)
            found[name] = np.broadcast_to(np.asarray(value, dtype=float), times.shape)
        if not found:
            constant = Observable(name="formula", expression=parse(f"{text} + 0*time"))
            return constant.value({"time": times})
        return observable.value(found)


def empty(cell: Any) -> bool:
    """Return whether a cell of a table says nothing."""
    return cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell))


def _number(cell: Any, values: Mapping[str, float], where: str) -> float:
    """Return a number, or the parameter that a cell names."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        pass
    require_known(str(cell), values, where)
    return values[str(cell)]

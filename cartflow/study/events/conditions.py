"""Conditions on which events come to pass: ``tumour < 1e6 cells``, ``cart in blood > 1/uL``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, parameter
from cartflow.core.totals import totals
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.programme import Condition
from cartflow.coupling.runs import System
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.state import State
from cartflow.kinetics.network import Species
from cartflow.pbpk.flows.observables import venous_concentration
from cartflow.pde.problem import Problem
from cartflow.study.events.entries import Entry

Array = np.ndarray

_FORM = re.compile(r"(\w+)(?:\s+in\s+(\w+))?\s*([<>])\s*([^<>=]{1,100})")
_PEAK = re.compile(r"peak\s+of\s+(\w+)(?:\s+in\s+(\w+))?")
_WHOLE = {"cell/mm^3": "cell", "ng/mm^3": "ng"}

S = TypeVar("S", Coupled, Tumours, BodyAlone)
Value = Callable[[State, System], float]


@dataclass(frozen=True)
class _Watched:
    """A number that is watched: as an amount or as a mean, in the `units` that it may have."""

    units: tuple[str, ...]
    amount: Value
    mean: Value

    def in_unit(self, unit: str) -> Value:
        """Return the number in one of the units, of which the last is that of the mean."""
        return self.mean if unit == self.units[-1] else self.amount


def read_conditions(entries: Sequence[Entry], system: S, end: float) -> tuple[Condition[S], ...]:
    """Return the conditions of the events that have one, on a run of `system` or one like it.

    The run ends at `end` (days). Raises `InputError`.
    """
    return tuple(
        _condition(entry.table.when, entry, i, system, end)
        for i, entry in enumerate(entries)
        if entry.table.when is not None
    )


def _condition(text: str, entry: Entry, number: int, system: S, end: float) -> Condition[S]:
    table, where, since = entry.table, f"{entry.key}.when", 0.0
    later = [each.value for each in (table.after, entry.after) if each is not None]
    if table.since is not None:
        since = table.since.value
        if since >= end:
            msg = f"{entry.key}.since: '{table.since.stated}' is not before time.end"
            raise InputError(msg)
    peak = _PEAK.fullmatch(text.strip())
    return Condition(
        event=number,
        gap=_gap(text, system, where) if peak is None else _height(peak, system, where),
        after=sum(later),
        peak=peak is not None,
        since=since,
    )


def _height(peak: re.Match[str], system: System, where: str) -> Value:
    """Return the number that peaks."""
    name, place = peak.groups()
    return _watched(name, place or "tumour", system, where).amount


def _gap(text: str, system: System, where: str) -> Value:
    """Return how far a state is from meeting the condition, relative to its threshold."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        msg = (
            f'{where}: \'{text}\' is not as in "tumour < 1e6 cells", "cart in blood > 1/uL" or '
            '"peak of cart in blood"'
        )
        raise InputError(msg)
    name, place, sign, raw = found.groups()
    watched = _watched(name, place or "tumour", system, where)
    threshold = _threshold(raw, watched.units, where)
    if not threshold.value > 0:
        msg = f"{where}: '{threshold.stated}' must be greater than 0"
        raise InputError(msg)
    least, value = threshold.value, watched.in_unit(threshold.unit)
    if sign == "<":
        return lambda state, now: value(state, now) / least - 1.0
    return lambda state, now: 1.0 - value(state, now) / least


def _watched(name: str, place: str, system: System, where: str) -> _Watched:
    """Return what is watched of a species in a place."""
    if place == "blood" and "venous" in system.network.names:
        return _in_blood(name, system, where)
    inside = isinstance(system, Coupled)
    tumours = list(system.parts) if isinstance(system, Tumours) else []
    sites = () if system.kinetics is None else system.kinetics.sites
    places = [site.compartment for site in sites]
    blood = ["blood"] if "venous" in system.network.names else []
    if tumours and place == "tumour":
        msg = f"{where}: which tumour? write '{name} in {tumours[0]}'; there are "
        raise InputError(msg + ", ".join(tumours))
    require_known(place, [*blood, *(["tumour"] if inside else []), *tumours, *places], where)
    if place in tumours:
        assert isinstance(system, Tumours)
        return _in_one_tumour(name, place, system, where)
    if place == "tumour":
        assert isinstance(system, Coupled)
        return _in_tumour(name, system.engine.problem, where)
    return _at_site(name, system, places.index(place), where)


def _in_blood(name: str, system: System, where: str) -> _Watched:
    names = system.product_names
    require_known(name, names, where)
    row = names.index(name)

    def value(state: State, now: System) -> float:
        return float(venous_concentration(now.network, state.body)[row])

    return _Watched(("cell/mm^3",), value, value)


def _in_tumour(name: str, problem: Problem, where: str) -> _Watched:
    require_known(name, problem.network.species_names, where)
    row = problem.network.index(name)

    def both(state: State, now: System) -> Array:
        assert isinstance(now, Coupled)
        problem = now.engine.problem
        storage = problem.storage(state.tumour)[row]
        parts = np.array([storage * state.tumour[row], storage * state.expansion])
        return totals(parts, problem.geometry.cell_volumes)

    def mean(state: State, now: System) -> float:
        amount, capacity = both(state, now)
        return float(amount / capacity)

    units = _units(problem.network.species[row])
    return _Watched(units, lambda state, now: float(both(state, now)[0]), mean)


def _in_one_tumour(name: str, tumour: str, system: Tumours, where: str) -> _Watched:
    """Return what is watched of a species in one tumour of several."""
    alone = _in_tumour(name, system.layout.problems[tumour], where)

    def of_one(value: Value) -> Value:
        def found(state: State, now: System) -> float:
            assert isinstance(now, Tumours)
            return value(now.layout.of(tumour, state), now.parts[tumour])

        return found

    return _Watched(alone.units, of_one(alone.amount), of_one(alone.mean))


def _at_site(name: str, system: System, site: int, where: str) -> _Watched:
    kinetics = system.kinetics
    assert kinetics is not None
    require_known(name, kinetics.network.species_names, where)
    row = kinetics.network.index(name)
    volume = float(kinetics.fluid_volumes[site, row])

    def value(state: State, now: System) -> float:
        return float(now.organs.amounts(state.body, state.residents, state.carried)[site][row])

    units = _units(kinetics.network.species[row])
    return _Watched(units, value, lambda state, now: value(state, now) / volume)


def _units(species: Species) -> tuple[str, ...]:
    """Return the units of a whole amount and of a mean, as far as there are both."""
    whole = _WHOLE.get(species.unit)
    return (species.unit,) if whole is None else (whole, species.unit)


def _threshold(raw: str, units: Sequence[str], where: str) -> Parameter:
    reasons = []
    for unit in units:
        try:
            return parameter(raw.strip(), unit)
        except InputError as error:
            reasons.append(str(error))
    msg = f"{where}: {reasons[-1]}"
    raise InputError(msg)

"""Conditions on which events come to pass: ``tumour < 1e6 cells``, ``cart in blood > 1/uL``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, parameter
from cartflow.core.totals import totals
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.programme import Condition
from cartflow.coupling.state import State
from cartflow.kinetics.network import Species
from cartflow.pbpk.flows.observables import venous_concentration
from cartflow.pde.problem import Problem
from cartflow.study.event_tables import EventTable

_FORM = re.compile(r"(\w+)(?:\s+in\s+(\w+))?\s*([<>])\s*([^<>=]{1,100})")
_WHOLE = {"cell/mm^3": "cell", "ng/mm^3": "ng"}

S = TypeVar("S", Coupled, BodyAlone)
System = Coupled | BodyAlone
Value = Callable[[State, System], float]


def read_conditions(tables: Sequence[EventTable], system: S) -> tuple[Condition[S], ...]:
    """Return the conditions of the events that have one, on a run of `system` or one like it.

    Raises `InputError`.
    """
    return tuple(
        Condition(
            event=i,
            gap=_gap(table.when, system, f"events.{i}.when"),
            after=0.0 if table.after is None else table.after.value,
        )
        for i, table in enumerate(tables)
        if table.when is not None
    )


def _gap(text: str, system: System, where: str) -> Value:
    """Return how far a state is from meeting the condition, relative to its threshold."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        msg = f'{where}: \'{text}\' is not as in "tumour < 1e6 cells" or "cart in blood > 1/uL"'
        raise InputError(msg)
    name, place, sign, raw = found.groups()
    value, threshold = _compared(name, place or "tumour", raw, system, where)
    if not threshold.value > 0:
        msg = f"{where}: '{threshold.stated}' must be greater than 0"
        raise InputError(msg)
    least = threshold.value
    if sign == "<":
        return lambda state, now: value(state, now) / least - 1.0
    return lambda state, now: 1.0 - value(state, now) / least


def _compared(
    name: str, place: str, raw: str, system: System, where: str
) -> tuple[Value, Parameter]:
    """Return what is compared, and the threshold in its unit."""
    if place == "blood" and "venous" in system.network.names:
        return _in_blood(name, raw, system, where)
    inside = isinstance(system, Coupled)
    sites = () if system.kinetics is None else system.kinetics.sites
    places = [site.compartment for site in sites]
    blood = ["blood"] if "venous" in system.network.names else []
    require_known(place, [*blood, *(["tumour"] if inside else []), *places], where)
    if place == "tumour":
        assert isinstance(system, Coupled)
        return _in_tumour(name, raw, system.engine.problem, where)
    return _at_site(name, raw, system, places.index(place), where)


def _in_blood(name: str, raw: str, system: System, where: str) -> tuple[Value, Parameter]:
    names = system.product_names
    require_known(name, names, where)
    row = names.index(name)
    threshold = _threshold(raw, ("cell/mm^3",), where)

    def value(state: State, now: System) -> float:
        return float(venous_concentration(now.network, state.body)[row])

    return value, threshold


def _in_tumour(name: str, raw: str, problem: Problem, where: str) -> tuple[Value, Parameter]:
    require_known(name, problem.network.species_names, where)
    row = problem.network.index(name)
    threshold = _threshold(raw, _units(problem.network.species[row]), where)
    mean = threshold.unit == problem.network.species[row].unit

    def value(state: State, now: System) -> float:
        assert isinstance(now, Coupled)
        problem = now.engine.problem
        storage = problem.storage(state.tumour)[row]
        both = np.array([storage * state.tumour[row], storage])
        amount, capacity = totals(both, problem.geometry.cell_volumes)
        return float(amount / capacity if mean else amount)

    return value, threshold


def _at_site(name: str, raw: str, system: System, site: int, where: str) -> tuple[Value, Parameter]:
    kinetics = system.kinetics
    assert kinetics is not None
    require_known(name, kinetics.network.species_names, where)
    row = kinetics.network.index(name)
    threshold = _threshold(raw, _units(kinetics.network.species[row]), where)
    mean = threshold.unit == kinetics.network.species[row].unit
    volume = float(kinetics.volumes[site]) if mean else 1.0

    def value(state: State, now: System) -> float:
        return float(now.organs.amounts(state.body, state.residents)[site][row]) / volume

    return value, threshold


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

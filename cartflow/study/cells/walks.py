"""Which fields of a study are cells, and how they walk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartflow.cells.asked import Asked, Walking
from cartflow.cells.refused import refuse
from cartflow.cells.simulation import CellSimulation
from cartflow.cells.whole import in_whole_cells
from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.coupling.simulation import Simulation
from cartflow.pde.problem import Problem
from cartflow.study.cells.contacts import contacts_of
from cartflow.study.cells.layouts import layouts_of
from cartflow.study.cells.numbers import require_threshold, thresholds_of
from cartflow.study.cells.parts import (
    OF_SPHERES,
    bodies_of,
    clocks_of,
    effects_of,
    room_asked,
    traits_of,
)
from cartflow.study.schema import StudyTable
from cartflow.study.tables.cells import CellsTable
from cartflow.study.tables.fields import FieldTable

_WALK = ("speed", "persistence_time")
_OF_CELLS = (
    *_WALK,
    "pause_time",
    "bias",
    *OF_SPHERES,
    "start",
    "traits",
)
_PAUSING = "speed^2 persistence_time^2 / (3 (persistence_time + pause_time))"
# What chooses the steps of fields, which here go with those of the cells.
_STEPS = (
    "tolerance",
    "initial_step",
    "minimum_step",
    "maximum_step",
    "extrapolate",
    "fixed_step",
    "sweeps",
)


def walks_as_diffusivities(data: dict[str, Any], file: str) -> dict[str, Any]:
    """Return a study's table in which what walks straight on has its diffusivity too.

    D = speed^2 persistence_time / 3, or with a pause_time beside that speed^2 persistence_time^2 /
    (3 (persistence_time + pause_time)). Raises `InputError` naming the field where one of the first
    two is missing, or stands beside a diffusivity, or the field is no cells.
    """
    tables = data.get("fields")
    if not isinstance(tables, dict):
        return data
    for name, item in tables.items():
        if not isinstance(item, dict):
            continue
        require_threshold(name, item, file)
        for key in _OF_CELLS if item.get("as") != "cells" else ():
            if key in item:
                msg = f"{file}: fields.{name}.{key}: only with as = 'cells'"
                raise InputError(msg)
    walking = {
        name: item
        for name, item in tables.items()
        if isinstance(item, dict) and any(key in item for key in (*_WALK, "pause_time", "bias"))
    }
    found = {
        name: _with_diffusivity(item, f"{file}: fields.{name}") for name, item in walking.items()
    }
    return {**data, "fields": {**tables, **found}}


def _with_diffusivity(item: Mapping[str, Any], where: str) -> dict[str, Any]:
    for key in _WALK:
        if key not in item:
            other = next(name for name in _WALK if name != key)
            msg = f"{where}: key '{key}' is missing, which goes with {other}"
            raise InputError(msg)
    if "diffusivity" in item:
        msg = f"{where}.diffusivity: it follows from speed and persistence_time; give these or it"
        raise InputError(msg)
    numbers = []
    units = ("mm/day", "day", "day")
    for key, like in zip((*_WALK, "pause_time"), units, strict=True):
        try:
            numbers.append(parameter(item.get(key, "0 day"), like).value)
        except InputError as error:
            msg = f"{where}.{key}: {error}"
            raise InputError(msg) from None
    speed, straight, pause = numbers
    cycle = straight + pause
    value = speed**2 * straight**2 / (3.0 * cycle) if cycle > 0.0 else 0.0
    note = "speed^2 persistence_time / 3" if pause == 0.0 else _PAUSING
    stated = {"value": f"{value!r} mm^2/day", "source": "study", "standing": "derived"}
    return {**item, "diffusivity": {**stated, "note": note}}


def with_cells(simulation: Simulation, table: StudyTable) -> Simulation:
    """Return the simulation with the fields that the study wants as cells.

    Raises `InputError` for what is not there with cells, and for keys without an effect.
    """
    names = simulation.coupled.engine.problem.network.species_names
    kinds = tuple(n for n in names if n in table.fields and table.fields[n].form != "field")
    if not kinds:
        if table.cells is not None:
            msg = "cells: has no effect unless a field says as = 'cells' or 'cells_below'"
            raise InputError(msg)
        return simulation
    _refuse_keys(table)
    problem = simulation.coupled.engine.problem
    asked = _asked(kinds, table.fields, table.cells or CellsTable(), problem)
    refuse(simulation, asked)
    run = CellSimulation(
        coupled=in_whole_cells(simulation.coupled, asked.dense),
        initial=simulation.initial,
        save_times=simulation.save_times,
        control=simulation.control,
        asked=asked,
    )
    _ = run.system
    return run


def require_no_cells(table: StudyTable) -> None:
    """Raise `InputError` on a field that is cells in a study of several tumours."""
    for name, item in table.fields.items():
        stated = [key for key in _WALK if key in item.model_fields_set]
        for key in ["as", *stated] if item.form != "field" else stated:
            msg = f"fields.{name}.{key}: fields are not cells beside several tumours yet"
            raise InputError(msg)
    if table.cells is not None:
        raise InputError("cells: fields are not cells beside several tumours yet")


def _asked(
    kinds: tuple[str, ...], fields: Mapping[str, FieldTable], table: CellsTable, problem: Problem
) -> Asked:
    walking = []
    for name in kinds:
        item = fields[name]
        if item.speed is None or item.persistence_time is None:
            walking.append(Walking())
        else:
            walking.append(
                Walking(
                    speed=item.speed.value,
                    persistence=item.persistence_time.value,
                    pause=0.0 if item.pause_time is None else item.pause_time.value,
                    bias=0.0 if item.bias is None else item.bias.value,
                )
            )
    default = Asked(kinds=(), walking=())
    mechanics = table.mechanics_step
    traits = traits_of(kinds, fields)
    bodies = bodies_of(kinds, fields, table, problem.network)
    columns = 1 + max((trait.column for trait in traits), default=-1)
    grows = any(body.growth for body in bodies)
    return Asked(
        kinds=kinds,
        walking=tuple(walking),
        thresholds=thresholds_of(kinds, fields, problem.geometry),
        bodies=bodies,
        layouts=layouts_of(kinds, fields, problem.geometry),
        missing=columns if grows else -1,
        by_volume=_by_volume(table, grows or any(body.remains_activity for body in bodies)),
        room=room_asked(table),
        contacts=contacts_of(table.contacts, traits, kinds),
        traits=traits,
        effects=effects_of(table.effects, traits, problem.network, kinds),
        clocks=clocks_of(table, traits, problem.network, kinds, columns + grows),
        seed=table.seed,
        step=default.step if table.step is None else table.step.value,
        mechanics_step=default.mechanics_step if mechanics is None else mechanics.value,
        kernel_width=0.0 if table.kernel_width is None else table.kernel_width.value,
        net_rates=table.net_rates,
        most=table.most,
        saved=table.saved,
    )


def _by_volume(table: CellsTable, differ: bool) -> bool:
    """Return whether rates see volumes. Raises `InputError` where all cells have the whole."""
    if table.rates_see == "volumes" and not differ:
        msg = "cells.rates_see: 'volumes' only with a growth_rate or remains_activity of a field; "
        raise InputError(msg + "else all cells have their whole volume")
    return table.rates_see == "volumes"


def _refuse_keys(table: StudyTable) -> None:
    """Raise `InputError` on what has no effect, or is not there, where fields are cells."""
    if table.events:
        raise InputError("events: are not there for a study with fields as cells yet")
    for key in _STEPS:
        if key in table.solver.model_fields_set:
            msg = (
                f"solver.{key}: has no effect with fields as cells: all steps, of fields too, are "
            )
            raise InputError(msg + "cells.step at most; halve it to see what they leave")

"""Derivatives of outcomes and courses as a dataset with the dimension `number`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from cartflow.analyses.derivatives.outcomes import (
    Course,
    Sizes,
    Stacked,
    courses,
    ends,
    sizes_of,
    stacked,
)
from cartflow.core.dataset import label, variable
from cartflow.core.dual import SMALL
from cartflow.core.units.udunits import cf_unit
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.coupling.tangents.direction import Direction, System
from cartflow.pbpk.flows.observables import organ_table
from cartflow.results.tumour import coordinates_of

Array = np.ndarray


def derivative_table(
    simulation: Simulation,
    states: Sequence[State],
    directions: Sequence[Direction],
    slopes: Sequence[Sequence[State]],
    units: Sequence[str],
) -> xr.Dataset:
    """Return the derivatives of a run's outcomes and courses to numbers in their `units`.

    `slopes` are those of the saved `states` in each direction. Outcomes at the end have the
    dimension ``number``; ``course_*`` have ``time``, too, and ``field_*`` the mesh.
    """
    run = stacked(states)
    each = [
        _derivatives(simulation, run, direction, stacked(slope))
        for direction, slope in zip(directions, slopes, strict=True)
    ]
    data = {name: _variable([found[name] for found in each]) for name in each[0]}
    geometry = simulation.coupled.engine.problem.geometry
    organs = list(organ_table(simulation.coupled.network).organs)
    coords = {
        "number": label(("number",), [d.name for d in directions], "number of the study"),
        "number_unit": label(("number",), list(units), "unit of the number"),
        "number_value": xr.Variable(
            ("number",), [d.value for d in directions], {"long_name": "value of the number"}
        ),
        "organ": label(("organ",), organs, "organ"),
        "time": variable(
            ("time",), [s.time for s in states], "day", "time since the start", axis="T"
        ),
        **coordinates_of(geometry),
    }
    text = (
        "derivatives of the discrete steps as they were taken, each per unit of the number "
        "(number_unit); times at which a species dies out are held"
    )
    return xr.Dataset(data, coords=coords, attrs={"comment": text})


def _derivatives(
    simulation: Simulation, states: Stacked, direction: Direction, slopes: Stacked
) -> dict[str, Course]:
    found = dual_courses(simulation, states, direction, slopes)
    problem = simulation.coupled.engine.problem
    geometry = problem.geometry
    every = {**ends(found), **{f"course_{n}": _over_time(c) for n, c in found.items()}}
    for i, species in enumerate(problem.network.species):
        values = np.array([geometry.scatter(each[i]) for each in slopes.tumour]) * SMALL
        every[f"field_{species.name}"] = Course(
            values=1j * values,
            unit=species.unit,
            text=species.long_name or species.name,
            dims=("time", *geometry.dims),
        )
    scale = SMALL * direction.scale
    return {name: replace(each, values=each.values.imag / scale) for name, each in every.items()}


def dual_courses(
    simulation: Simulation, states: Stacked, direction: Direction, slopes: Stacked
) -> dict[str, Course]:
    """Return the run's courses as dual numbers in a direction (see `cartflow.core.dual`)."""
    return courses(simulation.coupled, *duals(simulation, states, direction, slopes))


def duals(
    simulation: Simulation, states: Stacked, direction: Direction, slopes: Stacked
) -> tuple[Stacked, Sizes]:
    """Return states, and what they are measured by, as dual numbers in a direction."""
    sizes = sizes_of(System(simulation.coupled, simulation.initial))
    changes = direction.slopes(sizes_of)
    found = Sizes(*(a + 1j * SMALL * d for a, d in zip(sizes, changes, strict=True)))
    return _dual(states, slopes), found


def _over_time(course: Course) -> Course:
    return replace(course, dims=("time", *course.dims))


def _dual(states: Stacked, slopes: Stacked) -> Stacked:
    """Return states as dual numbers."""
    return Stacked(
        tumour=states.tumour + 1j * SMALL * slopes.tumour,
        body=states.body + 1j * SMALL * slopes.body,
        counted={
            name: values + 1j * SMALL * slopes.counted[name]
            for name, values in states.counted.items()
        },
    )


def _variable(each: Sequence[Course]) -> xr.Variable:
    first = each[0]
    attributes = {
        "long_name": f"derivative of {first.text}",
        "units_of_value": cf_unit(first.unit),
    }
    return xr.Variable(("number", *first.dims), np.array([c.values for c in each]), attributes)

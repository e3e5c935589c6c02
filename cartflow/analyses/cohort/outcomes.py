"""What is kept of each member: numbers at the end, and courses in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from cartflow.analyses.cohort.extinct import died_out
from cartflow.core.dataset import label, variable
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import residual
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.pbpk.flows.observables import in_body, organ_table, venous_concentration
from cartflow.results.counted import Shelved, penetration_depth

Array = np.ndarray
_MM3_PER_ML = 1e3


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcomes:
    """A run's numbers at the end and its courses, as variables without the dimension of members."""

    ends: Mapping[str, xr.Variable]
    courses: Mapping[str, xr.Variable]


def outcomes_of(record: Record, simulation: Simulation, courses: bool) -> Outcomes:
    """Return the outcomes of a run, with its `courses` if they are wanted.

    At the end: ``infused``, ``reached_tumour``, ``in_tumour`` and ``cells`` (organ) in product
    cells, ``delivery`` in 1/mL (reached per infused cell and volume of tumour), ``depth`` in mm,
    ``relative_residual``; ``amount_NAME`` of every species in the tumour; of single cells
    ``extinct_NAME`` and ``extinct_at_NAME``, see `died_out`.
    Courses over ``time``: the amounts, ``in_tumour``, and ``blood_concentration`` in cells/mm^3.
    """
    ends = _ends(record, simulation)
    return Outcomes(ends=ends, courses=_courses(record, simulation) if courses else {})


def coordinates(simulation: Simulation) -> dict[str, xr.Variable]:
    """Return the coordinates of the outcomes."""
    return {
        "organ": label(("organ",), list(organ_table(simulation.coupled.network).organs), "organ"),
        "time": variable(("time",), list(simulation.save_times), "day", "time"),
    }


def _ends(record: Record, simulation: Simulation) -> dict[str, xr.Variable]:
    coupled, last = simulation.coupled, record.states[-1]
    geometry = coupled.engine.problem.geometry
    if isinstance(last, Shelved):
        # Of the state reached there are the fields, too.
        assert record.reached is not None
        last = record.reached
    inside = (last.tumour[coupled.products] * coupled.volumes).sum(axis=0)
    cells = organ_table(coupled.network).totals(last.body)
    reached, infused = float(last.ledger.inflow.sum()), float(last.ledger.infused.sum())
    found = {
        "infused": variable((), infused, "cell", "product cells infused"),
        "reached_tumour": variable((), reached, "cell", "product cells that entered the tumour"),
        "delivery": _delivery(reached, infused, geometry.volume),
        "in_tumour": variable(
            (), float(coupled.in_tumour(last.tumour).sum()), "cell", "product cells in the tumour"
        ),
        "depth": variable(
            (),
            penetration_depth(inside, geometry.depth),
            "mm",
            "depth that holds 95 % of the product cells",
        ),
        "cells": variable(
            ("organ",), cells, "cell", "product cells in the organ, without a tumour's tissue"
        ),
        "relative_residual": variable(
            (), _residual(last, coupled), "1", "|residual| / (infused + born)"
        ),
    }
    for name, course in _amounts(replace(record, states=[last]), simulation).items():
        found[name] = course[-1]
    return found | died_out(record, simulation)


def _delivery(reached: float, infused: float, volume: float) -> xr.Variable:
    """Return the cells that entered, per infused cell and mL of a tumour of `volume` mm3."""
    text = "product cells that entered the tumour, per infused cell and volume of tumour"
    value = reached / infused / (volume / _MM3_PER_ML) if infused > 0 else np.nan
    return xr.Variable((), value, {"units": "mL-1", "long_name": text})


def _courses(record: Record, simulation: Simulation) -> dict[str, xr.Variable]:
    coupled = simulation.coupled
    inside = [
        (s.counted.products if isinstance(s, Shelved) else coupled.in_tumour(s.tumour)).sum()
        for s in record.states
    ]
    courses = {f"course_{n}": v for n, v in _amounts(record, simulation).items()}
    text = "product cells in the tumour"
    courses["course_in_tumour"] = variable(("time",), inside, "cell", text)
    if "venous" not in coupled.network.names:
        return courses
    venous = [venous_concentration(coupled.network, s.body).sum() for s in record.states]
    text = "product cells in venous blood"
    return courses | {"course_blood_concentration": variable(("time",), venous, "cell/mm^3", text)}


def _amounts(record: Record, simulation: Simulation) -> dict[str, xr.Variable]:
    problem = simulation.coupled.engine.problem
    totals = np.array(
        [
            s.counted.amounts if isinstance(s, Shelved) else problem.totals(s.tumour)
            for s in record.states
        ]
    )
    return {
        f"amount_{species.name}": variable(
            ("time",),
            totals[:, i],
            species.unit.partition("/mm^3")[0] or species.unit,
            f"{species.long_name or species.name} in the tumour",
        )
        for i, species in enumerate(problem.network.species)
    }


def _residual(last: State, coupled: Coupled) -> float:
    ledger = last.ledger
    inside = coupled.in_tumour(last.tumour)
    gaps = residual(ledger, in_body(coupled.network, last.body), inside, np.zeros(inside.size))
    turnover = float(np.sum(ledger.infused + ledger.born))
    return abs(float(gaps.sum())) / turnover if turnover > 0 else 0.0

"""What fields as cells do not do yet, said by name before anything runs."""

from __future__ import annotations

import numpy as np

from cartflow.cells.asked import Asked
from cartflow.cells.room.row import is_row
from cartflow.core.outcome import InputError
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.simulation import Simulation
from cartflow.pde.boundary import FixedValue, Robin
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.problem import Field, Problem

_YET = "is not there for fields as cells yet"


def refuse(simulation: Simulation, asked: Asked) -> None:
    """Raise `InputError` naming the first thing that cells cannot do yet."""
    coupled = simulation.coupled
    problem = coupled.engine.problem
    _refuse_engine(coupled)
    _refuse_body(coupled)
    _refuse_models(coupled, asked)
    for name in asked.kinds:
        species = problem.network.species[problem.network.index(name)]
        if species.unit != "cell/mm^3":
            msg = f"fields.{name}.as: its unit is {species.unit}; only cells per mm^3 can be cells"
            raise InputError(msg)
        _refuse_field(problem, problem.fields[problem.network.index(name)], name, asked)
    _require_all_products(problem, asked)
    _refuse_crowding(problem, asked)
    _refuse_numbers(problem, asked)


def _refuse_numbers(problem: Problem, asked: Asked) -> None:
    """Raise `InputError` for what cells that may be a density do not do."""
    yet = "is not there with as = 'cells_below' yet"
    if not asked.dense:
        return
    if asked.kernel_width > 0.0:
        msg = f"cells.kernel_width: {yet}, whose rates see mesh cells"
        raise InputError(msg)
    if asked.room.crowding != "none":
        msg = f"cells.crowding: {yet}, since a density takes no room"
        raise InputError(msg)
    for contact in asked.contacts:
        for name in (asked.kinds[contact.hunter], asked.kinds[contact.target]):
            if name in asked.dense:
                msg = f"cells.contacts: of '{name}' {yet}, since a density touches nobody"
                raise InputError(msg)


def _refuse_crowding(problem: Problem, asked: Asked) -> None:
    """Raise `InputError` where cells have no place of their own, or do what a lattice has not."""
    geometry = problem.geometry
    if asked.room.crowding == "lattice":
        if is_row(geometry):
            msg = f"cells.crowding: a lattice of '{geometry.name}' {_YET}; allowed: boxes and masks"
            raise InputError(msg)
        for name, walking in zip(asked.kinds, asked.walking, strict=True):
            item = problem.fields[problem.network.index(name)]
            if walking.speed or item.chemotaxis is not None or item.boundaries:
                msg = f"fields.{name}: on a lattice a diffusivity alone is there for cells yet, "
                raise InputError(msg + "without speed, chemotaxis or boundaries")
    elif geometry.name in ("slab", "cylinder", "cylindrical shell"):
        for key, used in (
            ("crowding", asked.room.crowding != "none"),
            ("contacts", asked.contacts),
        ):
            if used:
                msg = f"cells.{key}: cells of a {geometry.name} have no place along its faces; "
                raise InputError(msg + "take a ball, a box or a mask")
    for name, walking in zip(asked.kinds, asked.walking, strict=True):
        if walking.bias > 0.0:
            if walking.bias >= 1.0:
                msg = f"fields.{name}.bias: {walking.bias:g}; allowed: 0 to less than 1"
                raise InputError(msg)
            if problem.fields[problem.network.index(name)].chemotaxis is None:
                msg = f"fields.{name}.bias: needs chemotaxis, whose attractant it turns to"
                raise InputError(msg)


def _refuse_engine(coupled: Coupled) -> None:
    if not isinstance(coupled.engine, FastEngine):
        msg = f"solver.engine: '{coupled.engine.name}' {_YET}; allowed: fast"
        raise InputError(msg)


def _refuse_body(coupled: Coupled) -> None:
    if coupled.kinetics is not None:
        msg = f"organs: what acts in organs {_YET}"
        raise InputError(msg)
    if coupled.feed is not None:
        msg = f"tumour.blood: {_YET}; give a body, or no blood"
        raise InputError(msg)
    if coupled.placed is not None:
        msg = f"body.initial: {_YET}: cells of an earlier result are no whole numbers"
        raise InputError(msg)
    for number, dose in enumerate(coupled.doses):
        if dose.cells != np.rint(dose.cells):
            msg = f"doses.{number}.cells: {dose.cells:g} are no whole cells"
            raise InputError(msg)


def _refuse_models(coupled: Coupled, asked: Asked) -> None:
    if coupled.happenings.times():
        msg = f"kinetics: a model with switches or jumps {_YET}"
        raise InputError(msg)
    limits, species = coupled.happenings.tumour.limits, coupled.engine.problem.network.species_names
    if limits.any:
        least = np.maximum(limits.amount, limits.mean)
        for name, value in zip(species, least, strict=True):
            if value > 0 and name not in asked.kinds:
                msg = f"kinetics: species.{name}.extinct_below: of a field beside cells {_YET}"
                raise InputError(msg)


def _refuse_field(problem: Problem, field: Field, name: str, asked: Asked) -> None:
    key = f"fields.{name}"
    if problem.following:
        msg = f"regions.{problem.following[0].name}: one that follows a field {_YET}"
        raise InputError(msg)
    if field.density_dependence is not None:
        msg = f"{key}.density_dependence: {_YET}"
        raise InputError(msg)
    if field.anisotropy is not None:
        msg = f"{key}.diffusivity: one with directions {_YET}"
        raise InputError(msg)
    if problem.tissue.matrix is not None:
        msg = f"tissue.matrix: {_YET}"
        raise InputError(msg)
    state = np.ones((len(problem.fields), problem.geometry.size))
    values = problem.place_diffusivity(field, state)
    if np.ptp(values) > 1e-12 * values.max():
        msg = f"{key}.diffusivity: one that differs from place to place {_YET}"
        raise InputError(msg)
    walks = asked.walking[asked.kinds.index(name)].speed > 0.0
    for boundary, condition in field.boundaries.items():
        if walks and not (isinstance(condition, FixedValue) and condition.value == 0.0):
            msg = f"{key}.boundaries.{boundary}: with a speed only a fixed_value of 0, which takes "
            raise InputError(msg + "cells up, is there for fields as cells yet")
        if isinstance(condition, Robin) and values.max() == 0.0:
            msg = f"{key}.boundaries.{boundary}: a film needs cells that diffuse"
            raise InputError(msg)


def _require_all_products(problem: Problem, asked: Asked) -> None:
    """Raise `InputError` unless all product cells are cells: all of them are whole, or none."""
    names = np.array(problem.network.species_names)
    products = set(names[problem.network.is_product])
    left = sorted(products - set(asked.kinds))
    if left:
        msg = f"fields.{left[0]}.as: with fields as cells all product cells must be 'cells' or "
        msg += "'cells_below', since what comes and goes of them is counted in whole cells; "
        raise InputError(msg + f"'{left[0]}' is a field")

"""A tumour whose volume follows its cells, from a study's table to what runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.parameters import parameter, signed
from cartflow.coupling.growing.coupled import growing
from cartflow.coupling.growing.growth import Growth, Level, rooms
from cartflow.coupling.growing.simulation import growing_simulation
from cartflow.coupling.line.plan import on_a_line
from cartflow.coupling.simulation import Simulation
from cartflow.kinetics.network import Network
from cartflow.pbpk.flows.network import organ_network
from cartflow.pde.fast.engine import FastEngine
from cartflow.study.composition import Composition
from cartflow.study.parts import suited
from cartflow.study.schema import StudyTable
from cartflow.study.tables.geometry import Shape
from cartflow.study.tables.growth import GrowthTable, RadiusTable

Array = np.ndarray
KEY = "geometry.growth"
_DIMENSIONS = {"slab": 1, "cylinder": 2, "ball": 3}
_YET = "is not there in a tumour that grows yet"
# What the result's group of the tumour holds beside fields where it grows.
NAMES = ("volume", "expansion", "radius", "length", "position")


def growth_of(shape: Shape | None) -> GrowthTable | None:
    """Return how a tumour of a `shape` grows, if it does."""
    return None if shape is None else shape.growth


def with_growth(simulation: Simulation, study: Composition) -> Simulation:
    """Return the simulation with a tumour that grows, if the study says so.

    Raises `InputError` naming the key where it does not fit, or goes with what is not there yet.
    """
    table = growth_of(study.table.geometry)
    if table is None:
        return simulation
    for refused in _refused(study.table, simulation):
        raise InputError(refused)
    growth = _growth(table, study, simulation)
    made = growing(simulation.coupled, growth, _vessels(study))
    # Chosen again, by what steps it.
    run = growing_simulation(simulation, made)
    return suited(run, study.table.solver)


def require_no_growth(shapes: Mapping[str, Shape]) -> None:
    """Raise `InputError` where one of several tumours is to grow."""
    for name, shape in shapes.items():
        if shape.growth is not None:
            msg = f"tumours.{name}.geometry.growth: several tumours do not grow yet; run one alone"
            raise InputError(msg)


def _growth(table: GrowthTable, study: Composition, simulation: Simulation) -> Growth:
    network = study.kinetics
    shares = np.zeros(len(network.species))
    for name in table.cells:
        require_known(name, network.species_names, f"{KEY}.cells")
        row = network.index(name)
        if network.species[row].unit != "cell/mm^3":
            msg = f"{KEY}.cells: '{name}' is in {network.species[row].unit}; only cells take room"
            raise InputError(msg)
        shares[row] = 1.0
    for name, size in table.sizes.items():
        require_known(name, table.cells, f"{KEY}.sizes")
        shares[network.index(name)] = size.value
    with named(f"{KEY}.cells"):
        room = rooms(shares, simulation.initial, table.cells)
    taken = {*network.species_names, *table.radii}
    for name in NAMES:
        if name in taken:
            msg = f"{KEY}: the result's tumour group has another variable '{name}'"
            raise InputError(msg)
    return Growth(
        room=room,
        dimensions=_DIMENSIONS[study.table.geometry.shape] if study.table.geometry else 3,
        levels={n: _level(item, network, f"{KEY}.radii.{n}") for n, item in table.radii.items()},
    )


def _level(table: RadiusTable, network: Network, key: str) -> Level:
    require_known(table.field, network.species_names, f"{key}.field")
    given = [name for name in ("above", "below") if getattr(table, name) is not None]
    if len(given) != 1:
        what = "above and below are given" if given else "above or below is missing"
        msg = f"{key}: {what}; give one of them"
        raise InputError(msg)
    species = network.index(table.field)
    stated = getattr(table, given[0])
    with named(f"{key}.{given[0]}"):
        value = signed(parameter(stated, network.species[species].unit), "not_negative")
    return Level(species=species, value=value.value, above=given[0] == "above")


def _vessels(study: Composition) -> Array:
    """Return by what the body's rates change for every volume of the start that is gained.

    Flows, vessels and lymph of a tumour are shares of its volume, and what its host keeps is the
    rest, so that the change is the same for each.
    """
    if study.table.tumour_alone:
        return np.zeros_like(study.organs.rates)
    vessels = study.vessels()
    half = organ_network(
        study.body,
        study.trafficking,
        scaling=study.scaling(),
        tumour=replace(vessels, volume=0.5 * vessels.volume),
        cavities=study.cavities(),
    )
    return np.asarray(2.0 * (study.organs.rates - half.rates))


def _refused(table: StudyTable, simulation: Simulation) -> Iterator[str]:
    """Yield what of a study a tumour that grows cannot do yet, each by its key."""
    assert table.geometry is not None
    shape = table.geometry.shape
    if shape not in _DIMENSIONS:
        allowed = ", ".join(_DIMENSIONS)
        yield f"{KEY}: a tumour of the shape '{shape}' does not grow yet; allowed: {allowed}"
    if not isinstance(simulation.coupled.engine, FastEngine):
        yield f"solver.engine: '{simulation.coupled.engine.name}' {_YET}; allowed: fast"
    for key in ("fixed_step", "extrapolate", "sweeps"):
        if key in table.solver.model_fields_set:
            yield f"solver.{key}: {_YET}"
    for name, item in table.fields.items():
        if item.form != "field":
            yield f"fields.{name}.as: '{item.form}' {_YET}"
        if item.density_dependence is not None:
            yield f"fields.{name}.density_dependence: {_YET}"
    if table.tissue.matrix is not None:
        yield f"tissue.matrix: a matrix that opens pores {_YET}"
    if table.organs:
        yield f"organs: what acts in organs {_YET}"
    if table.tumour is not None and table.tumour.blood is not None:
        yield f"tumour.blood: {_YET}; give a body, or no blood"
    if not on_a_line(simulation.coupled.engine.problem):
        yield f"{KEY}: transport that changes {_YET}"

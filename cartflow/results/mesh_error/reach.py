"""How far a solute gets from the boundary it enters by, held against the width of the cells there.

Where that is less than a cell, its amount goes with the cells' width; where it is more, or the
solute comes from within, a mesh that does not resolve it does not resolve what it depends on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.coupling.coupled import Coupled
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.expressions.grammar import names
from cartflow.pde.boundary import BoundaryCondition, PrescribedFlux, exterior_value
from cartflow.pde.problem import Problem

Array = np.ndarray
_MOSTLY = 0.5


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far a solute reaches before it is lost, sqrt(D / (k + 1/t)), and the cells there, in mm.

    D is the flux coefficient over the share of the tissue that holds it, k what is lost per day
    of what is there, t the time of the run; the mean is over what is lost. `enters` says
    whether most of it comes in through a boundary, `depends_on` which numbers of the summary its
    reactions see beside it.
    """

    length: float
    width: float
    enters: bool
    depends_on: tuple[str, ...]


def reaches(record: Record, simulation: Simulation) -> dict[str, Reach]:
    """Return how far every solute that is there and lost reaches at the end of a run."""
    state, coupled = record.reached or record.states[-1], _at_the_end(record, simulation)
    found = {}
    for row, species in enumerate(coupled.engine.problem.network.species):
        if species.role == "solute":
            reach = _reach(row, state, coupled, state.time - simulation.save_times[0])
            if reach is not None:
                found[species.name] = reach
    return found


def _at_the_end(record: Record, simulation: Simulation) -> Coupled:
    later = simulation.programme
    if later is None:
        return simulation.coupled
    loud = tuple(each.event for each in record.happened if each.event not in later.quiet)
    return later.system(loud) if loud else simulation.coupled


def _reach(row: int, state: State, coupled: Coupled, time: float) -> Reach | None:
    problem = coupled.engine.problem
    item, held = problem.fields[row], problem.storage(state.tumour)[row] * state.tumour[row]
    made, lost = _made_and_lost(row, state.tumour, problem)
    volumes = problem.geometry.cell_volumes * state.expansion
    weight = lost * volumes
    if not (weight.sum() > 0.0 and time > 0.0):
        return None
    frequency = np.divide(lost, held, out=np.zeros_like(lost), where=held > 0.0) + 1.0 / time
    storage = problem.storage(state.tumour)[row]
    squares = problem.place_diffusivity(item, state.tumour) / storage / frequency
    widths = cell_widths(problem.geometry) * coupled.stretch(state)
    within = float((made * volumes).sum() / weight.sum())
    through = any(_lets_in(condition) for condition in item.boundaries.values())
    return Reach(
        length=float(np.average(np.sqrt(squares), weights=weight)),
        width=float(np.average(widths, weights=weight)),
        enters=through and within < _MOSTLY,
        depends_on=_depends_on(row, problem),
    )


def _made_and_lost(row: int, tumour: Array, problem: Problem) -> tuple[Array, Array]:
    """Return what reactions and regions make and take of a species (cells,), per mm3 and day."""
    network, storage = problem.network, problem.storage(tumour)[row]
    share = np.where(problem.in_pores[:, None], problem.porosity(tumour), 1.0)
    each = network.stoichiometry[row][:, None] * network.rates(tumour) * share
    made, lost = np.maximum(each, 0.0).sum(axis=0), np.maximum(-each, 0.0).sum(axis=0)
    for source in problem.fields[row].sources:
        inside = problem.region(source.region, tumour)
        made = made + source.supply * inside
        lost = lost + source.removal * inside * storage * tumour[row]
    return made, lost


def _lets_in(condition: BoundaryCondition) -> bool:
    if isinstance(condition, PrescribedFlux):
        return condition.flux > 0.0
    return exterior_value(condition) > 0.0


def _depends_on(row: int, problem: Problem) -> tuple[str, ...]:
    network = problem.network
    seen: set[str] = set()
    for column in np.flatnonzero(network.stoichiometry[row]):
        seen |= names(network.expressions[column])
    seen.discard(network.species_names[row])
    rows = [network.index(name) for name in network.species_names if name in seen]
    named = ("in_tumour" if network.is_product[k] else network.species_names[k] for k in rows)
    return tuple(dict.fromkeys(named))


def cell_widths(geometry: Geometry) -> Array:
    """Return the width of every mesh cell, mm: in a row its thickness, else that of a like cube."""
    if (mesh := geometry.cell_mesh) is not None:
        return np.array([mesh.width_of(volume) for volume in geometry.cell_volumes])
    if geometry.in_row:
        centres = geometry.coordinates[geometry.dims[0]]
        return np.gradient(centres) if centres.size > 1 else np.full(1, np.inf)
    if geometry.cell_of_place is None:
        return np.full(geometry.size, geometry.cell_width)
    across = len(geometry.dims) - (geometry.flat is not None)
    return np.asarray(geometry.cell_width * np.bincount(geometry.cell_of_place) ** (1.0 / across))

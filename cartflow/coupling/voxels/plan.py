"""The arrays of a body and a tumour of few voxels, and whether they are stepped as one system."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cartflow.core.entries import entries_of
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.line.plan import body_of
from cartflow.coupling.line.ways import ways_of
from cartflow.coupling.voxels.arrays import Mesh, Plan, Rates, Room
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.compiled.network import addresses, compiled
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.operators.links import read_links
from cartflow.pde.problem import Problem
from cartflow.pde.voxels.fields import Layout
from cartflow.pde.voxels.laid_out import Kinetics
from cartflow.pde.voxels.operator import VoxelOperators

Array = np.ndarray

# Voxels up to which one thread takes a step in one compiled call.
_FEW = 50_000
_BLOCK = 1024  # cells: with all that is worked out of them they stay nearest to a core
# Diffusion's rate times the longest step up to which it is taken explicitly, stable up to 2 in a
# second run with longer steps, too.
_SLOW = 0.8


def of_few_voxels(coupled: Coupled, longest: float) -> bool:
    """Return whether body and tumour are one system on few voxels, of steps up to `longest` days.

    Transport is then the same at every state and slow, nothing drifts, nothing crosses but between
    tissue and body, and no kinetics act in organs.
    """
    engine = coupled.engine
    if not isinstance(engine, FastEngine) or coupled.kinetics is not None:
        return False
    problem = engine.problem
    if problem.geometry.in_row or problem.geometry.size > _FEW or coupled.door.follows is not None:
        return False
    if coupled.exchange is not None or coupled.solute_doses or problem.solutes.any():
        return False
    layout = _still_layout(problem)
    if layout is None:
        return False
    return _diffusion(layout) * longest <= _SLOW


# What is asked of a problem before it is stepped need not be laid out again.
@lru_cache(maxsize=4)
def _still_layout(problem: Problem) -> Layout | None:
    """Return the layout of a problem's fields, if it is the same at every state."""
    operators = VoxelOperators(problem)
    return operators.steady_layout if operators.still else None


def _diffusion(layout: Layout) -> float:
    """Return a bound of the fastest rate of diffusion alone, 1/day."""
    lost = np.append(layout.fields.loss.max(axis=1, initial=0.0), 0.0)
    return float(np.max(layout.speeds - lost[layout.fields.local]))


def plan(coupled: Coupled) -> Plan:
    """Return the arrays of a coupled system `of_few_voxels`."""
    problem = coupled.engine.problem
    layout = _still_layout(problem)
    assert layout is not None
    volumes = problem.geometry.cell_volumes
    code, pattern = addresses(problem.network), compiled(problem.network).pattern
    return Plan(
        mesh=Mesh(held=np.tile(volumes, (len(problem.fields), 1))),
        fields=layout.fields,
        kinetics=_kinetics(problem),
        code=Rates(code.rates, code.jacobian, entries_of(pattern)),
        body=body_of(coupled, problem.egress * volumes),
    )


def _kinetics(problem: Problem) -> Kinetics:
    """Return the kinetics, of which what products gain and lose is counted."""
    network = problem.network
    counted = network.born + network.died + np.abs(network.converted)
    return Kinetics(
        _plain(network.stoichiometry),
        _plain(np.append(compiled(network).parameters, 0.0)),
        np.any(counted, axis=0),
        problem.in_pores,
        problem.solutes,
    )


def block_of(geometry: Geometry) -> int:
    """Return how many cells a block has, of a grid whole rows."""
    row = 1 if geometry.listed else geometry.active.shape[-1]
    return max(1, _BLOCK // row) * row


def room(plan: Plan, problem: Problem, stages: int) -> Room:
    """Return room for the steps of a method of so many `stages`."""
    species, cells = plan.mesh.held.shape
    reactions = plan.kinetics.stoichiometry.shape[1]
    products, compartments = plan.body.products.size, len(plan.body.rates)
    links = read_links(problem.geometry)
    width = min(block_of(problem.geometry), cells)
    return Room(
        u=np.zeros((species, cells)),
        f=np.zeros((species, cells)),
        k=np.zeros((stages, species, cells)),
        body=np.zeros((products, compartments)),
        kb=np.zeros((stages, products, compartments)),
        events=np.zeros((reactions, cells)),
        local=np.zeros((species, species, cells)),
        dense=np.zeros((compartments, compartments)),
        ways=ways_of(plan.body.links, compartments),
        drained=np.zeros(compartments),
        arrived=np.zeros((products, species, cells)),
        door=np.zeros((products, products)),
        door_pivots=np.zeros(products, dtype=np.int64),
        through=np.zeros(products),
        returned=np.zeros((products, products)),
        now=np.zeros(products),
        left=np.zeros(products),
        freed=np.zeros(products),
        ahead=links.ahead,
        behind=links.behind,
        inside=np.zeros((species, width)),
        rates=np.zeros((max(reactions, 1), width)),
        right=np.zeros((species, width)),
        slopes=np.zeros((reactions * species, width)),
        flux=np.zeros((0, 0, 0)),
    )


def _plain(values: Array) -> Array:
    return np.array(values, dtype=np.float64, order="C")

"""Small problems for the cases: one tissue, a few fields, the same shape every time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cartflow.core.parameters import parameter
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.pde.boundary import BoundaryCondition, RegionSource
from cartflow.pde.engine import Engine
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import DensityDependence, Field, Problem
from cartflow.pde.tissue import Tissue

_ONE = {
    "phenotype": (Species(name="u", role="phenotype"),),
    "solute": (Species(name="u", role="solute", unit="ng/mm^3"),),
}


def engine_of(name: str, problem: Problem) -> Engine:
    """Return the engine ``fast`` or ``fipy`` for a problem."""
    if name == "fast":
        return FastEngine(problem)
    from cartflow.pde.reference.fipy_engine import FipyEngine

    return FipyEngine(problem)


def problem_of(
    geometry: Geometry,
    network: Network,
    fields: tuple[Field, ...],
    *,
    tissue: Tissue | None = None,
) -> Problem:
    """Return a problem without egress, in a tissue of porosity 1 unless another is given."""
    plain = Tissue(porosity=np.ones(geometry.size), hindrance=Hindrance())
    return Problem(
        geometry=geometry,
        network=network,
        fields=fields,
        tissue=tissue or plain,
        egress=np.zeros(geometry.size),
    )


def cells_problem(
    geometry: Geometry,
    network: Network,
    diffusivity: float,
    *,
    hindrance: Hindrance | None = None,
    density_dependence: DensityDependence | None = None,
    boundaries: Mapping[str, BoundaryCondition] | None = None,
    sources: tuple[RegionSource, ...] = (),
) -> Problem:
    """Return a problem in which the first species moves and all others stay."""
    moving = Field(
        name=network.species_names[0],
        diffusivity=np.full(geometry.size, diffusivity),
        hindrance=hindrance,
        density_dependence=density_dependence,
        boundaries=boundaries or {},
        sources=sources,
    )
    still = tuple(Field(name=name) for name in network.species_names[1:])
    return problem_of(geometry, network, (moving, *still))


def decaying(role: str, rate: float) -> Network:
    """Return one species that dies at `rate` (1/day): ``phenotype`` or ``solute``."""
    return Network(
        name="decay",
        species=_ONE[role],
        parameters={"decay_rate": parameter(f"{rate!r} 1/day", "1/day", source="assumed")},
        reactions=(Reaction(name="decay", consumes={"u": 1}, rate="decay_rate*u"),),
    )


def inert(role: str) -> Network:
    """Return one species that only moves: ``phenotype`` or ``solute``."""
    return Network(name="inert", species=_ONE[role])

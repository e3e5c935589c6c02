"""The same run on a mesh twice as coarse, with all that the fine mesh holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cartflow.coupling.coupled import Coupled
from cartflow.coupling.door import Door
from cartflow.coupling.simulation import Simulation
from cartflow.geometries.geometry import Coarse, Geometry
from cartflow.pde.boundary import RegionSource
from cartflow.pde.following import FollowingRegion
from cartflow.pde.problem import Field, Problem

Array = np.ndarray
# Components of a shape without direction.
_ROUND = np.eye(3)[np.triu_indices(3)]


def coarse_simulation(simulation: Simulation) -> Simulation | None:
    """Return the simulation on cells twice as wide, or None where there are no such cells.

    Volume, boundary areas, regions (as shares of cells), the amounts at the start and where cells
    arrive and leave are those of the fine mesh; diffusivities and porosities are volume means.
    """
    problem = simulation.coupled.engine.problem
    coarse = problem.geometry.coarse
    if coarse is None or coarse.geometry.size >= problem.geometry.size:
        return None
    coupled = _coupled(simulation.coupled, coarse)
    later = simulation.programme
    return replace(
        simulation,
        coupled=coupled,
        initial=_initial(simulation.initial, problem, coupled.engine.problem, coarse),
        programme=None if later is None else later.mapped(lambda of: _coupled(of, coarse)),
    )


def _coupled(coupled: Coupled, coarse: Coarse) -> Coupled:
    wider = _problem(coupled.engine.problem, coarse)
    return replace(
        coupled,
        engine=coupled.engine.for_problem(wider),
        door=Door(
            geometry=wider.geometry,
            arrival=coarse.mean(coupled.door.arrival),
            egress=coarse.mean(coupled.door.egress),
            follows=next(
                (each for each in wider.following if _is(each, coupled.door.follows)), None
            ),
        ),
        injection=coarse.mean(coupled.injection),
    )


def _problem(problem: Problem, coarse: Coarse) -> Problem:
    # A share of a cell supplies, removes, feeds and drains in proportion.
    shares = {name: coarse.mean(cells) for name, cells in problem.geometry.regions.items()}
    geometry: Geometry = replace(
        coarse.geometry, regions=cast("Mapping[str, NDArray[Any]]", shares)
    )
    return replace(
        problem,
        geometry=geometry,
        fields=tuple(_field(item, coarse) for item in problem.fields),
        tissue=replace(problem.tissue, porosity=coarse.mean(problem.tissue.porosity)),
        egress=coarse.mean(problem.egress),
        following=tuple(
            replace(region, within=coarse.mean(region.within)) for region in problem.following
        ),
    )


def _is(region: FollowingRegion, other: FollowingRegion | None) -> bool:
    return other is not None and region.name == other.name


def _field(item: Field, coarse: Coarse) -> Field:
    sources = tuple(_source(source, coarse) for source in item.sources)
    if item.diffusivity is None:
        return replace(item, sources=sources)
    mean, anisotropy = coarse.mean(item.diffusivity), item.anisotropy
    if anisotropy is not None:
        # Components have either sign, and so have their means.
        shares = coarse.shared @ (anisotropy * item.diffusivity[:, None])
        tensors = shares / coarse.geometry.cell_volumes[:, None]
        still = mean == 0.0
        anisotropy = np.where(still[:, None], _ROUND, tensors / np.where(still, 1.0, mean)[:, None])
    return replace(item, diffusivity=mean, anisotropy=anisotropy, sources=sources)


def _source(source: RegionSource, coarse: Coarse) -> RegionSource:
    """Return what a region supplies and removes, where that is given for every cell as means."""

    def mean(rate: float | Array) -> float | Array:
        return coarse.mean(rate) if isinstance(rate, np.ndarray) else rate

    return replace(source, supply=mean(source.supply), removal=mean(source.removal))


def _initial(fine: Array, problem: Problem, wider: Problem, coarse: Coarse) -> Array:
    """Return densities of the same amounts; what is stored depends on the matrix, itself kept."""
    plain = np.array([coarse.mean(row) for row in fine])
    amounts = np.array([coarse.mean(row) for row in problem.storage(fine) * fine])
    return np.asarray(amounts / wider.storage(plain))

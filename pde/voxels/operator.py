"""All fields' transport on equal voxels at one state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.core.compiling import summing
from cartflow.pde.operators.arms import arms
from cartflow.pde.operators.links import read_links
from cartflow.pde.operators.transport import moves_steadily, steady
from cartflow.pde.problem import Problem
from cartflow.pde.voxels import pores
from cartflow.pde.voxels.drift import VoxelDrift
from cartflow.pde.voxels.faces_of_grid import placed_diffusivities
from cartflow.pde.voxels.fields import (
    Layout,
    SparseCrossing,
    lay_out,
    refreshed,
    uniform_diffusivities,
)
from cartflow.pde.voxels.laid_out import Fields
from cartflow.pde.voxels.oblique import ObliqueFlux

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class VoxelOperator:
    """Transport at one state; `speed` bounds its fastest rate, 1/day, that of species `fastest`.

    `speeds` bound the rates of diffusion and losses per species. `removal` is the egress, 1/day, of
    every cell, or empty where there is none.
    """

    densities: Array
    fields: Fields
    flux: Array
    speeds: Array
    speed: float
    fastest: int
    crossed: tuple[SparseCrossing, ...]
    removal: Array

    def flows(self) -> Array:
        """Return what comes in through every crossing, then what goes out, amount/day."""
        found = np.empty((2, len(self.crossed)))
        for k, c in enumerate(self.crossed):
            # Not by a linear algebra library, whose threads would wait in a circle for more.
            found[:, k] = _flows(
                self.densities[c.species], c.cells, self.fields.volumes, c.gain, c.loss, c.apart
            )
        return found.ravel()


@summing
def _flows(
    u: Array, cells: Array, volumes: Array, gain: Array, loss: Array, apart: bool
) -> tuple[float, float]:
    """Return what comes in and what goes out through one crossing (see `Crossing.flows`)."""
    came, went = 0.0, 0.0
    for i in range(cells.size):
        volume = volumes[cells[i]]
        lost = loss[i] * u[cells[i]]
        if apart:
            came += gain[i] * volume
            went += lost * volume
        else:
            net = (gain[i] - lost) * volume
            came += max(net, 0.0)
            went += max(-net, 0.0)
    return came, went


class VoxelOperators:
    """Makes the `VoxelOperator` of given amounts, and works out once what never changes."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.uniform = uniform_diffusivities(problem)
        self._stencils = {
            i: arms(problem.geometry, item.anisotropy, item.diffusivity == 0.0)
            for i, item in enumerate(problem.fields)
            if item.anisotropy is not None and item.diffusivity is not None
        }
        self._placed = placed_diffusivities(problem, self.uniform)
        mobile = {i for i, item in enumerate(problem.fields) if item.mobile}
        drifts = any(item.chemotaxis is not None for item in problem.fields)
        needed = drifts or mobile > {*self.uniform, *self._stencils, *self._placed}
        self._links = read_links(problem.geometry) if needed else None
        self.drift = VoxelDrift(problem, self._links if drifts else None)
        self._oblique = ObliqueFlux(problem, self._links, self.drift.fields)
        start = np.ones((len(problem.fields), problem.geometry.size))
        # Where pores are all there is, amounts are densities.
        moving = problem.tissue.matrix is not None
        even = problem.solutes.any() and (moving or not np.all(problem.storage(start) == 1.0))
        self._stored = bool(even)
        self._steady = all(steady(problem, item) for item in problem.fields)
        self._moves_steadily = all(moves_steadily(problem, item) for item in problem.fields)
        self._removal = np.zeros(0)
        if problem.egress.any():
            self._removal = np.ascontiguousarray(problem.egress)
        self._first = self._layout(start, problem.whole_regions())
        self.crossing_species = tuple(c.species for c in self._first.crossed)
        if self._steady and not drifts:
            # All that steps need of the faces is in the layout.
            self._links = None
            problem.geometry.let_faces_go()

    @property
    def steady_layout(self) -> Layout | None:
        """The layout, if it is the same at every state."""
        return self._first if self._steady else None

    @cached_property
    def still(self) -> bool:
        """Whether amounts are densities, and nothing moves or leaves otherwise at another state.

        Nothing drifts then, and nothing crosses but what leaves for the body.
        """
        moving = (self.drift.fields, self._oblique.rows, self.crossing_species)
        return self._steady and not self._stored and not any(moving) and not self._egress_follows

    def at(self, amounts: Array, *, in_place: bool = False) -> VoxelOperator:
        """Return the operator at `amounts` (species, cells) per mm^3 of tissue.

        They are turned into densities `in_place` where they are not needed any more.
        """
        if not self._stored:
            return self.at_densities(amounts)
        storage, stored = self._problem.storage(amounts), self._problem.solutes
        if in_place:
            pores.turn_into_densities(amounts, storage, stored)
            return self.at_densities(amounts)
        return self.at_densities(pores.densities(amounts, storage, stored))

    def at_densities(self, u: Array) -> VoxelOperator:
        """Return the operator at densities `u` (species, cells)."""
        layout = self._first if self._steady else self._at(u)
        flux, drifts = self.drift.flux(u)
        flux = self._oblique.added(flux, u, layout.fields)
        drift = 4.0 * float(drifts.max()) if drifts.size > 0 else 0.0
        drifts_more = drift > layout.speed
        return VoxelOperator(
            densities=u,
            fields=layout.fields,
            flux=flux,
            speeds=layout.speeds,
            speed=layout.speed + drift,
            fastest=self.drift.fields[int(drifts.argmax())] if drifts_more else layout.fastest,
            crossed=layout.crossed,
            removal=self._problem.egress_at(u) if self._egress_follows else self._removal,
        )

    def amounts(self, u: Array) -> Array:
        """Return amounts per mm^3 of tissue from densities (species, cells)."""
        if not self._stored:
            return u
        return pores.amounts(u, self._problem.storage(u), self._problem.solutes)

    def storage(self, u: Array) -> Array:
        """Return the storage per species and cell at densities `u`."""
        return self._problem.storage(u)

    @property
    def _egress_follows(self) -> bool:
        return bool(self._problem.egress_region and self._removal.size)

    def _at(self, u: Array) -> Layout:
        if self._moves_steadily:
            return refreshed(self._first, self._problem, u)
        return self._layout(u, self._problem)

    def _layout(self, u: Array, problem: Problem) -> Layout:
        ways = (self._stencils, self._placed)
        return lay_out(problem, u, self.uniform, self._links, self._oblique.rows, *ways)

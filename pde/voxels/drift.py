"""The drift of every chemotactic field on voxels."""

from __future__ import annotations

import numpy as np

from cartflow.core.stepping import Limit
from cartflow.pde.operators.links import Links, spacings
from cartflow.pde.operators.transport import TOO_FAST, drift
from cartflow.pde.problem import Problem
from cartflow.pde.voxels.drift_kernels import carried, drift_flux
from cartflow.pde.voxels.oblique_kernels import carry

Array = np.ndarray

_COURANT = 0.5


class VoxelDrift:
    """Fluxes of the fields that climb a gradient, and how fast the fastest is."""

    def __init__(self, problem: Problem, links: Links | None) -> None:
        self._problem = problem
        self._links = links
        self._spacing = spacings(problem.geometry)
        self._volumes = problem.geometry.cell_volumes
        fields = enumerate(problem.fields)
        self.fields = tuple(i for i, item in fields if item.chemotaxis is not None)
        if links is not None and self.fields:
            self._areas = np.zeros(links.ahead.shape)
            self._areas[links.axis, links.first] = problem.geometry.connectivity.areas

    def flux(self, u: Array) -> tuple[Array, Array]:
        """Return u v A (drifting fields, axes, cells) at the faces ahead, and each's largest v A/V.

        `u` are densities (species, cells); the fluxes are amounts per day, the rates in 1/day.
        """
        if self._links is None or not self.fields:
            return np.zeros((0, 0, 0)), np.zeros(0)
        if self._problem.geometry.listed:
            return self._between_unlike(u, self._links)
        ahead, behind = self._links.ahead, self._links.behind
        flux = np.empty((len(self.fields), *ahead.shape))
        speeds = np.zeros(len(self.fields))
        for k, i in enumerate(self.fields):
            chemotaxis = self._problem.fields[i].chemotaxis
            assert chemotaxis is not None
            attractant = u[self._problem.network.index(chemotaxis.attractant)]
            speeds[k] = drift_flux(
                u[i],
                attractant,
                chemotaxis.response(attractant),
                np.array([chemotaxis.sensitivity, chemotaxis.maximal_speed]),
                self._spacing,
                self._areas,
                self._volumes,
                ahead,
                behind,
                flux[k],
            )
        return flux, speeds

    def _between_unlike(self, u: Array, links: Links) -> tuple[Array, Array]:
        """As `flux` where cells have unlike widths: velocities come from the list of faces.

        The rate is that of what leaves a cell.
        """
        faces, size = self._problem.geometry.connectivity, self._volumes.size
        flux = np.zeros((len(self.fields), *links.ahead.shape))
        speeds = np.zeros(len(self.fields))
        rates = np.zeros(links.ahead.shape)
        for k, i in enumerate(self.fields):
            velocity = drift(self._problem, self._problem.fields[i], u)
            assert velocity is not None
            flow = faces.areas * velocity
            if faces.oblique is not None:
                sides, more = (faces.owner, faces.neighbour, links.axis), faces.oblique
                carry(u[i], flow, more.gradients(u[i]), more.apart, sides, flux[k])
            else:
                rates[links.axis, links.first] = flow
                carried(u[i], rates, links.ahead, links.behind, flux[k])
            out = np.bincount(faces.owner, np.maximum(flow, 0.0), size)
            out += np.bincount(faces.neighbour, np.maximum(-flow, 0.0), size)
            speeds[k] = float((out / self._volumes).max())
        return flux, speeds

    def step_limit(self, u: Array) -> Limit:
        """Return the step over which the fastest drift empties half a voxel."""
        if not self.fields:
            return Limit()
        speeds = self.flux(u)[1]
        fastest = float(speeds.max(initial=0.0))
        if not fastest > 0:
            return Limit()
        name = self._problem.fields[self.fields[int(speeds.argmax())]].name
        return Limit(days=_COURANT / fastest, field=name, reason=TOO_FAST)

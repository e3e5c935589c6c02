"""The gradient along oblique faces as a flux beside diffusion, for the compiled loops."""

from __future__ import annotations

import numpy as np

from cartflow.pde.operators.links import Links
from cartflow.pde.operators.oblique import MOST
from cartflow.pde.problem import Problem
from cartflow.pde.voxels.laid_out import Fields
from cartflow.pde.voxels.oblique_kernels import add_along

Array = np.ndarray


class ObliqueFlux:
    """Adds to the drift's fluxes what gradients along faces carry, of all fields that diffuse.

    `rows` are the species of the rows of fluxes: those that drift, then all others that diffuse.
    """

    def __init__(self, problem: Problem, links: Links | None, drifting: tuple[int, ...]) -> None:
        self._faces = problem.geometry.connectivity if links is not None else None
        self._links = links
        self.rows = drifting
        self._diffusing: tuple[int, ...] = ()
        if self._faces is not None and self._faces.oblique is not None:
            self._diffusing = tuple(i for i, item in enumerate(problem.fields) if item.mobile)
            self.rows = (*drifting, *(i for i in self._diffusing if i not in drifting))

    def added(self, flux: Array, u: Array, fields: Fields) -> Array:
        """Return `flux` (drifting fields, axes, cells) with the rows of all that diffuse."""
        if not self._diffusing:
            return flux
        links, faces = self._links, self._faces
        assert links is not None
        assert faces is not None
        assert faces.oblique is not None
        found = np.zeros((len(self.rows), *links.ahead.shape))
        if flux.size:
            found[: len(flux)] = flux
        along, sides = faces.oblique.along, (faces.owner, faces.neighbour, links.axis)
        at_vertices = faces.oblique.to_vertices @ u[list(self._diffusing)].T
        for i, values in zip(self._diffusing, np.ascontiguousarray(at_vertices.T), strict=True):
            add_along(
                u[i],
                values,
                along.indptr,
                along.indices,
                along.data,
                sides,
                fields.exchange[fields.row[i]],
                MOST,
                found[self.rows.index(i)],
            )
        return found

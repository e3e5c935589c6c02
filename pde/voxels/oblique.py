"""The gradient along oblique faces as a flux beside diffusion, for the compiled loops."""

from __future__ import annotations

import numpy as np

from cartflow.pde.operators.links import Links
from cartflow.pde.operators.oblique import kept_nonnegative
from cartflow.pde.problem import Problem
from cartflow.pde.voxels.laid_out import Fields

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
        beside = faces.oblique.added(np.ascontiguousarray(u[list(self._diffusing)].T))
        for i, more in zip(self._diffusing, beside.T, strict=True):
            exchange = fields.exchange[fields.row[i]][links.axis, links.first]
            carried = -exchange * kept_nonnegative(more, u[i], faces)
            found[self.rows.index(i), links.axis, links.first] += carried
        return found

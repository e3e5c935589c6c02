"""What the gradient along oblique faces carries, as a drift, from fitted gradients in cells."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from cartflow.geometries.geometry import Geometry
from cartflow.pde.operators.oblique import kept_nonnegative

Array = np.ndarray


class ObliqueDiffusion:
    """The part of diffusion that FiPy's term leaves out, with gradients of its own.

    These are fitted by least squares to all cells that share a vertex, weighted by the inverse
    square of their distance, and interpolated to faces. The flux is stated as a drift of the
    cell it leaves, so that the implicit equation keeps the sign of its solution.
    """

    def __init__(self, geometry: Geometry) -> None:
        self._faces = geometry.connectivity
        mesh = geometry.mesh
        centres = np.asarray(mesh.cellCenters).T
        normals = np.asarray(mesh.faceNormals).T[self._faces.faces]
        apart = centres[self._faces.neighbour] - centres[self._faces.owner]
        self._across = self._faces.owner_distance + self._faces.neighbour_distance
        self._tangent = normals - apart / self._across[:, None]
        self._fit = _fitted_gradients(geometry, centres)

    def velocity(self, values: Array, diffusivity: Array) -> Array:
        """Return the drift at the interior faces, mm/day, at `values` per cell and D at faces."""
        faces, share = self._faces, self._faces.owner_distance / self._across
        slopes = np.stack([each @ values for each in self._fit], axis=1)
        at_faces = (1.0 - share)[:, None] * slopes[faces.owner]
        at_faces += share[:, None] * slopes[faces.neighbour]
        along = np.einsum("fd,fd->f", at_faces, self._tangent) * self._across
        added = kept_nonnegative(along, values, faces)
        left = np.where(added < 0.0, values[faces.owner], values[faces.neighbour])
        share = np.divide(-added, left, out=np.zeros_like(added), where=left > 0.0)
        return np.asarray(diffusivity * share / self._across)


def _fitted_gradients(geometry: Geometry, centres: Array) -> list[csr_array]:
    """Return for every dimension what makes the derivative in cells (n, n) of values in cells."""
    assert geometry.cell_mesh is not None
    cells, places = np.nonzero(geometry.cell_mesh.cells >= 0)
    vertices = geometry.cell_mesh.cells[cells, places]
    has = csr_array((np.ones(cells.size), (cells, vertices)))
    near = csr_array(has @ has.T).tocoo()
    cell, other = near.row[near.row != near.col], near.col[near.row != near.col]
    apart = centres[other] - centres[cell]
    weight = 1.0 / np.einsum("pd,pd->p", apart, apart)
    size, dimension = centres.shape
    pairs = csr_array((weight, (cell, np.arange(cell.size))), shape=(size, cell.size))
    squares = (apart[:, :, None] * apart[:, None, :]).reshape(cell.size, -1)
    normal = (pairs @ squares).reshape(size, dimension, dimension)
    inverse = np.linalg.pinv(normal, rcond=1e-6, hermitian=True)
    found = weight[:, None] * np.einsum("pde,pe->pd", inverse[cell], apart)
    at = (np.concatenate([cell, cell]), np.concatenate([other, cell]))
    return [csr_array((np.concatenate([x, -x]), at), shape=(size, size)) for x in found.T]

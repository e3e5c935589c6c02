"""Values at vertices from values in cells, exact for fields that rise evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from cartflow.geometries.cell_mesh import CellMesh
from cartflow.geometries.meshes.measures import Measures

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The sum of the weights' sizes (1 where none is negative) beyond which more cells are asked.
_WILD = 3.0
# Shares of the largest eigenvalue below which a plane is not fixed, and of the mean distance.
_FIXED = 1e-4
_CLOSE = 1e-3


def to_vertices(mesh: CellMesh, sizes: Measures, tissue: Ints) -> csr_array:
    """Return the weights (vertices, n) that make values at vertices of values in cells.

    They are those of a plane fitted to the cells around a vertex, the nearer the more. Only cells
    of one kind of `tissue` (n,) are asked, of which there are most at the vertex, since gradients
    jump where diffusivities do; where they are too few, their neighbours too, and at last all.
    """
    around = _around(mesh)
    asked = _of_one_tissue(around, tissue)
    weights, badness = _fitted(asked, sizes)
    same, every = _neighbours(mesh, tissue), _neighbours(mesh, np.zeros_like(tissue))
    for beside in (same, same, None, every):
        if not (badness > _WILD).any():
            break
        asked = around if beside is None else csr_array((asked @ beside + asked) > 0)
        more, worse = _fitted(asked, sizes, np.flatnonzero(badness > _WILD))
        better = worse < badness
        weights = _replaced(weights, more, better)
        badness = np.where(better, worse, badness)
    return weights


def _around(mesh: CellMesh) -> csr_array:
    """Return which cells (columns) have a vertex (rows)."""
    cells, places = np.nonzero(mesh.cells >= 0)
    shape = (len(mesh.vertices), mesh.size)
    ones = np.ones(cells.size, dtype=bool)
    return csr_array((ones, (mesh.cells[cells, places], cells)), shape=shape)


def _of_one_tissue(around: csr_array, tissue: Ints) -> csr_array:
    kinds, code = np.unique(tissue, return_inverse=True)
    if kinds.size == 1:
        return around
    entries = around.tocoo()
    key = entries.row.astype(np.int64) * kinds.size + code[entries.col]
    found, counts = np.unique(key, return_counts=True)
    # The last of equal rows wins below, so those with most cells come last.
    order = np.lexsort((-(found % kinds.size), counts))
    chosen = np.full(around.shape[0], -1)
    chosen[found[order] // kinds.size] = found[order] % kinds.size
    kept = code[entries.col] == chosen[entries.row]
    data = np.ones(int(kept.sum()), dtype=bool)
    return csr_array((data, (entries.row[kept], entries.col[kept])), shape=around.shape)


def _neighbours(mesh: CellMesh, tissue: Ints) -> csr_array:
    """Return which cells of the same tissue share a face."""
    a, b = mesh.face_cells[mesh.inner].T
    same = tissue[a] == tissue[b]
    pairs = np.concatenate([a[same], b[same]]), np.concatenate([b[same], a[same]])
    return csr_array((np.ones(pairs[0].size, dtype=bool), pairs), shape=(mesh.size, mesh.size))


def _fitted(
    asked: csr_array, sizes: Measures, rows: Ints | None = None
) -> tuple[csr_array, Floats]:
    """Return weights of fitted planes, and how bad those of each vertex are, infinite for none.

    `asked` says which cells count at which vertex; if `rows` are given, only there.
    """
    number = asked.shape[0]
    entries = csr_array(asked if rows is None else _rows_of(rows, number) @ asked).tocoo()
    vertex, cell = entries.row, entries.col
    apart = sizes.centres[cell] - sizes.points[vertex]
    far = np.linalg.norm(apart, axis=1)
    count = np.bincount(vertex, minlength=number)
    width = np.bincount(vertex, far, number) / np.maximum(count, 1)
    near = width[vertex] / np.maximum(far, _CLOSE * width[vertex])
    near /= np.bincount(vertex, near, number)[vertex]
    each = csr_array((near, (vertex, np.arange(vertex.size))), shape=(number, vertex.size))
    arms = apart / width[vertex, None]
    middle = each @ arms
    arms = arms - middle[vertex]
    dimension = arms.shape[1]
    squares = (arms[:, :, None] * arms[:, None, :]).reshape(vertex.size, -1)
    normal = (each @ squares).reshape(number, dimension, dimension)
    # The mean of the cells, and the fitted slope times the way to the vertex; along directions in
    # which no slope is fixed there is none.
    slope = np.linalg.pinv(normal, rcond=_FIXED, hermitian=True)
    way = np.einsum("vde,ve->vd", slope, -middle)
    weight = near * (1.0 + np.einsum("ed,ed->e", way[vertex], arms))
    weights = csr_array((weight, (vertex, cell)), shape=asked.shape)
    badness = np.asarray(abs(weights).sum(axis=1)).ravel()
    rank = np.linalg.matrix_rank(normal, rtol=_FIXED, hermitian=True)
    return weights, np.where(rank < dimension, np.inf, badness)


def _rows_of(rows: Ints, size: int) -> csr_array:
    found = np.zeros(size)
    found[rows] = 1.0
    return csr_array(diags_array(found))


def _replaced(weights: csr_array, more: csr_array, where: NDArray[np.bool_]) -> csr_array:
    new = where.astype(float)
    return csr_array(diags_array(1.0 - new) @ weights + diags_array(new) @ more)

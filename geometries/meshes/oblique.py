"""What faces that lie obliquely between two cells need beside the difference of these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cartflow.core.outcome import InputError
from cartflow.geometries.cell_mesh import CellMesh
from cartflow.geometries.connectivity import Connectivity, Hanging, Oblique
from cartflow.geometries.meshes.measures import Measures
from cartflow.geometries.meshes.slots import slots_of
from cartflow.geometries.meshes.vertex_values import to_vertices

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The least cosine of the angle between a face's normal and the line of its cells' centres.
_LEAST = 0.02


def mesh_connectivity(mesh: CellMesh, sizes: Measures, tissue: Ints) -> Connectivity:
    """Return the inner faces of a mesh, with distances along their normals.

    So ``areas / (owner_distance + neighbour_distance)`` is the over-relaxed coefficient of
    Jasak (1996): what is left of a gradient lies within the face, where the values at its
    vertices tell it (Coudiere et al. 1999). `tissue` (n,) is told apart by `to_vertices`.
    """
    inner = np.flatnonzero(mesh.inner)
    owner, neighbour = mesh.face_cells[inner].T
    areas = np.linalg.norm(sizes.areas[inner], axis=1)
    normals = sizes.areas[inner] / areas[:, None]
    apart = sizes.centres[neighbour] - sizes.centres[owner]
    across = np.einsum("fd,fd->f", apart, normals)
    _require_between(across, apart, sizes, inner)
    # The face lies between the centres; where it does not quite, nearly so.
    own = np.einsum("fd,fd->f", sizes.face_centres[inner] - sizes.centres[owner], normals)
    own = np.clip(own, 0.01 * across, 0.99 * across)
    weights = to_vertices(mesh, sizes, tissue)
    slots = slots_of(owner, neighbour, mesh.size)
    first, second = np.where(slots.turned, [neighbour, owner], [owner, neighbour])
    turn = np.where(slots.turned, -1.0, 1.0)
    own = np.where(slots.turned, across - own, own)
    # Tangential: n - d / (n d), seen from the first cell.
    along = turn[:, None] * (normals - apart / across[:, None])
    return Connectivity(
        faces=inner,
        owner=first,
        neighbour=second,
        areas=areas,
        owner_distance=own,
        neighbour_distance=across - own,
        hanging=Hanging(
            conductances=areas / across,
            joined=np.full(inner.size, -1),
            sign=np.ones(inner.size, dtype=np.int64),
            slots=slots.slots,
        ),
        oblique=Oblique(
            to_vertices=weights,
            along=_along(mesh, sizes, inner, along * across[:, None]),
            slopes=cell_slopes(mesh, sizes),
            apart=apart * turn[:, None],
        ),
    )


def angles(mesh: CellMesh, sizes: Measures) -> Floats:
    """Return the angles (inner faces,) between normals and lines of centres, degrees."""
    inner = np.flatnonzero(mesh.inner)
    owner, neighbour = mesh.face_cells[inner].T
    apart = sizes.centres[neighbour] - sizes.centres[owner]
    product = np.einsum("fd,fd->f", apart, sizes.areas[inner])
    lengths = np.linalg.norm(apart, axis=1) * np.linalg.norm(sizes.areas[inner], axis=1)
    return np.asarray(np.degrees(np.arccos(np.clip(product / lengths, -1.0, 1.0))))


def cell_slopes(mesh: CellMesh, sizes: Measures) -> csr_array:
    """Return what makes gradients in cells (d n, vertices) of values at vertices (Gauss)."""
    rows, columns, values = [], [], []
    shares = _face_shares(mesh, sizes)
    dimension = sizes.points.shape[1]
    for side, sign in ((0, 1.0), (1, -1.0)):
        faces = np.flatnonzero(mesh.face_cells[:, side] >= 0)
        cells = mesh.face_cells[faces, side]
        held = mesh.faces[faces] >= 0
        outward = sign * sizes.areas[faces] / sizes.volumes[cells, None]
        for axis in range(dimension):
            each = outward[:, axis, None] * shares[faces]
            rows.append(np.broadcast_to((axis * mesh.size + cells)[:, None], held.shape)[held])
            columns.append(mesh.faces[faces][held])
            values.append(each[held])
    entries = (np.concatenate(rows), np.concatenate(columns))
    shape = (dimension * mesh.size, len(mesh.vertices))
    return csr_array((np.concatenate(values), entries), shape=shape)


def _face_shares(mesh: CellMesh, sizes: Measures) -> Floats:
    """Return the shares (faces, most) of vertices in the mean over a face; they sum to one.

    They are the nearest to equal ones that give the face's centre.
    """
    arms, held = _arms(mesh, sizes)
    number = held.sum(axis=1)
    off = sizes.face_centres - _middles(mesh, sizes)
    found = np.where(held, 1.0 / number[:, None], 0.0)
    return np.asarray(found + _combined(arms, off) * held)


def _along(mesh: CellMesh, sizes: Measures, faces: Ints, direction: Floats) -> csr_array:
    """Return what makes the slope along `direction` (faces, d) of values at vertices."""
    arms, held = _arms(mesh, sizes)
    shares = _combined(arms[faces], direction)
    rows = np.broadcast_to(np.arange(faces.size)[:, None], held[faces].shape)[held[faces]]
    entries = (rows, mesh.faces[faces][held[faces]])
    shape = (faces.size, len(mesh.vertices))
    return csr_array((shares[held[faces]], entries), shape=shape)


def _middles(mesh: CellMesh, sizes: Measures) -> Floats:
    held = mesh.faces >= 0
    corners = sizes.points[np.where(held, mesh.faces, 0)] * held[..., None]
    return np.asarray(corners.sum(axis=1) / held.sum(axis=1)[:, None])


def _arms(mesh: CellMesh, sizes: Measures) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the vertices of faces (faces, most, d) from their middle; 0 where there are none."""
    held = mesh.faces >= 0
    corners = sizes.points[np.where(held, mesh.faces, 0)]
    return (corners - _middles(mesh, sizes)[:, None]) * held[..., None], held


def _combined(arms: Floats, vector: Floats) -> Floats:
    """Return the smallest c (faces, most) with sum(c) = 0 and sum(c arm) = `vector` within it.

    Since the arms of a face sum to zero, so do the c.
    """
    squares = np.einsum("fkd,fke->fde", arms, arms)
    inverse = np.linalg.pinv(squares, rcond=1e-4, hermitian=True)
    return np.asarray(np.einsum("fkd,fde,fe->fk", arms, inverse, vector))


def _require_between(across: Floats, apart: Floats, sizes: Measures, faces: Ints) -> None:
    bad = ~(across > _LEAST * np.linalg.norm(apart, axis=1))
    if bad.any():
        at = ", ".join(f"{x:.4g}" for x in sizes.face_centres[faces[int(bad.argmax())]])
        msg = (
            f"{int(bad.sum())} faces do not lie between the centres of their cells, the first "
            f"near ({at}) mm; improve the mesh (Gmsh: Mesh.Optimize)"
        )
        raise InputError(msg)

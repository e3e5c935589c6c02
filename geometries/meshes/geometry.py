"""From a mesh of cells with named groups to a `Geometry`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.cell_mesh import CellMesh
from cartflow.geometries.connectivity import Connectivity
from cartflow.geometries.geometry import Boundary, Geometry
from cartflow.geometries.meshes.depth import depths
from cartflow.geometries.meshes.faces import face_keys
from cartflow.geometries.meshes.measures import Measures, measure
from cartflow.geometries.meshes.oblique import angles, mesh_connectivity
from cartflow.geometries.regions import named_regions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RIM = "rim"


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedMesh:
    """A mesh with groups of its cells, and groups of faces given by their vertices (faces, most).

    `notes` say what was met when it was read.
    """

    mesh: CellMesh
    regions: Mapping[str, NDArray[np.bool_]]
    surfaces: Mapping[str, Ints]
    notes: tuple[str, ...] = ()


def mesh_geometry(named: NamedMesh) -> Geometry:
    """Return the geometry of a mesh: its groups are regions and boundaries, named as they are.

    The boundary ``rim`` is the whole outer surface, unless a group has that name. Raises
    `InputError` for names that are not to be had, and for cells that no flux can be told between.
    """
    mesh = named.mesh
    sizes = measure(mesh)
    depth = depths(mesh, sizes)
    boundaries, notes = _boundaries(named, sizes)
    regions = named_regions(depth, _own(named), "mesh")
    tissue = _tissues(named.regions, mesh.size)
    faces = partial(mesh_connectivity, mesh, sizes, tissue)
    return Geometry(
        name="mesh",
        dims=("cell",),
        coordinates={"cell": np.arange(mesh.size, dtype=float)},
        active=np.ones(mesh.size, dtype=bool),
        cell_volumes=sizes.volumes,
        centres=_in_space(mesh, sizes),
        depth=depth,
        regions=regions,
        boundaries=boundaries,
        build_mesh=partial(_build_mesh, mesh, sizes, faces),
        build_connectivity=faces,
        cell_mesh=mesh,
        notes=(*named.notes, *notes, _of_angles(mesh, sizes)),
        depth_below="the surface",
    )


def _own(named: NamedMesh) -> dict[str, NDArray[np.bool_]]:
    """Return the groups of cells that are regions; one of every cell may be called all."""
    return {n: cells for n, cells in named.regions.items() if not (n == "all" and cells.all())}


def _tissues(regions: Mapping[str, NDArray[np.bool_]], size: int) -> Ints:
    """Return one number for each set of regions that cells may be in."""
    if not regions:
        return np.zeros(size, dtype=np.int64)
    inside = np.array(list(regions.values())).T
    return np.asarray(np.unique(inside, axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)


def _in_space(mesh: CellMesh, sizes: Measures) -> Floats:
    """Return the cells' centres (n, 3), mm, in the coordinates of the file."""
    if mesh.thickness is None:
        return sizes.centres
    # The plane's coordinates are those of the file but for a motion.
    around = np.concatenate([sizes.points, np.ones((len(sizes.points), 1))], axis=1)
    motion = np.linalg.lstsq(around, mesh.vertices, rcond=None)[0]
    return np.asarray(np.concatenate([sizes.centres, np.ones((mesh.size, 1))], axis=1) @ motion)


def _boundaries(named: NamedMesh, sizes: Measures) -> tuple[dict[str, Boundary], tuple[str, ...]]:
    outer = np.flatnonzero(~named.mesh.inner)
    found, notes = {RIM: _boundary(named.mesh, sizes, outer)}, []
    for name, listed in named.surfaces.items():
        faces = _found(named.mesh, listed)
        outside = faces[~named.mesh.inner[faces]]
        if not outside.size:
            notes.append(f"'{name}' lies between cells and is no boundary")
            continue
        if outside.size < faces.size:
            notes.append(f"{faces.size - outside.size} faces of '{name}' lie between cells")
        found[name] = _boundary(named.mesh, sizes, outside)
    return found, tuple(notes)


def _found(mesh: CellMesh, listed: Ints) -> Ints:
    """Return the numbers of the faces that have the vertices `listed`, each once.

    Those that no cell has are left out.
    """
    most = max(listed.shape[1], mesh.faces.shape[1])
    both = [
        np.pad(x, ((0, 0), (0, most - x.shape[1])), constant_values=-1)
        for x in (mesh.faces, listed)
    ]
    keys = face_keys(np.concatenate(both))
    number = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    place = np.full(int(number.max(initial=0)) + 1, -1)
    place[number[: len(mesh.faces)]] = np.arange(len(mesh.faces))
    faces = place[number[len(mesh.faces) :]]
    return np.unique(faces[faces >= 0])


def _boundary(mesh: CellMesh, sizes: Measures, faces: Ints) -> Boundary:
    """Return the outer `faces`; distances are along their normals."""
    cells = mesh.face_cells[faces, 0]
    areas = np.linalg.norm(sizes.areas[faces], axis=1)
    normals = sizes.areas[faces] / areas[:, None]
    distances = np.einsum("fd,fd->f", sizes.face_centres[faces] - sizes.centres[cells], normals)
    bad = ~(distances > 0.0)
    if bad.any():
        at = ", ".join(f"{x:.4g}" for x in sizes.face_centres[faces[int(bad.argmax())]])
        msg = f"{int(bad.sum())} outer faces lie behind their cell's centre, the first at ({at}) mm"
        raise InputError(msg)
    return Boundary(cells=cells, areas=areas, distances=distances, faces=faces)


def _of_angles(mesh: CellMesh, sizes: Measures) -> str:
    """Return in words how obliquely faces lie between their cells."""
    found = angles(mesh, sizes)
    if not found.size:
        return f"{mesh.in_words}"
    mean = float(np.average(found, weights=np.linalg.norm(sizes.areas[mesh.inner], axis=1)))
    return (
        f"{mesh.in_words}; lines between centres lean by {mean:.2g} degrees from the normals of "
        f"faces in the mean, {found.max():.2g} at most, corrected for"
    )


def _build_mesh(mesh: CellMesh, sizes: Measures, faces: partial[Connectivity]) -> Any:
    from cartflow.geometries.meshes.fipy_mesh import fipy_mesh

    return fipy_mesh(mesh, sizes, faces())

"""A geometry from a mesh file."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, read_as, require_file
from cartflow.geometries.checks import length_in_mm
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.meshes.files.blocks import FileMesh, named_mesh
from cartflow.geometries.meshes.files.msh import read_msh
from cartflow.geometries.meshes.files.other import ENDINGS, read_other
from cartflow.geometries.meshes.files.units import MM, MeshUnit
from cartflow.geometries.meshes.geometry import mesh_geometry


def read_mesh(path: str | Path, unit: MeshUnit | None, thickness: float | None = None) -> Geometry:
    """Return the geometry of a mesh file: tetrahedra, hexahedra, wedges, pyramids, or a plane.

    Gmsh's .msh (2.2 and 4.1) and, with the extra `meshes`, .vtu, .vtk, .mesh, .inp. Physical
    groups are regions and boundaries. `unit` is what one unit of the file's coordinates is, which
    no such file says; `thickness`, in mm, that of a plane mesh. Raises `InputError`.
    """
    path = require_file(as_path(path))
    with read_as(path, "a mesh"):
        found = _read(path)
        scale = _scale(found, unit)
        thick = None if thickness is None else length_in_mm(thickness, "thickness")
        return mesh_geometry(named_mesh(found, scale, thick))


def _read(path: Path) -> FileMesh:
    ending = path.suffix.lower()
    if ending == ".msh":
        return read_msh(path)
    if ending in ENDINGS:
        return read_other(path)
    msg = f"not a mesh file; allowed: .msh, {', '.join(ENDINGS)}"
    raise InputError(msg)


def _scale(found: FileMesh, unit: MeshUnit | None) -> float:
    if unit is None:
        size = " x ".join(f"{x:.4g}" for x in np.ptp(found.points, axis=0))
        msg = (
            f"unit: is missing, and the file does not say it; it extends over {size}; "
            f"give one of {', '.join(get_args(MeshUnit))}"
        )
        raise InputError(msg)
    if unit not in MM:
        msg = f"unit: got {unit!r}; allowed: {', '.join(MM)}"
        raise InputError(msg)
    return MM[unit]

"""Unstructured meshes in a result, by the conventions of UGRID 1.0, and out of it again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.core.outcome import InputError

Array = np.ndarray
# The variable of the mesh's topology, and the dimensions of vertices and of a cell's corners.
MESH = "mesh"
_VERTICES, _CORNERS = "mesh_node", "mesh_corner"
_WEDGE = 13
# By VTK's number: the name of UGRID, the dimension, and the vertices of a cell.
_SHAPES = {
    5: ("triangle", 2, 3),
    9: ("quadrilateral", 2, 4),
    10: ("tetrahedron", 3, 4),
    12: ("hexahedron", 3, 8),
    13: ("wedge", 3, 6),
    14: ("pyramid", 3, 5),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """A mesh: `vertices` (vertices, 3) mm, the `cells` (n, most) between them, and their `kinds`.

    Cells are numbers of vertices in the order of VTK, padded with -1; `kinds` (n,) are VTK's
    numbers: 5 a triangle, 9 a quadrilateral, 10 a tetrahedron, 12 a hexahedron, 13 a wedge, 14
    a pyramid. All have one dimension. Wedges may be turned either way.
    """

    vertices: Array
    cells: Array
    kinds: Array

    def __post_init__(self) -> None:
        unknown = sorted(set(np.unique(self.kinds).tolist()) - set(_SHAPES))
        if unknown or not self.kinds.size:
            msg = f"{MESH}: cells of the kinds {unknown}; known are {sorted(_SHAPES)}"
            raise InputError(msg)
        dimensions = {_SHAPES[kind][1] for kind in np.unique(self.kinds).tolist()}
        sizes = np.array([_SHAPES[kind][2] for kind in self.kinds.tolist()])
        held = np.arange(self.cells.shape[1]) < sizes[:, None]
        inside = (self.cells >= 0) & (self.cells < len(self.vertices))
        if len(dimensions) > 1 or sizes.max() > self.cells.shape[1] or (inside != held).any():
            msg = f"{MESH}: its cells do not fit their kinds or the {len(self.vertices)} vertices"
            raise InputError(msg)

    @property
    def ordered(self) -> Array:
        """The cells (n, most) in the order of VTK 9.7: a wedge's first triangle faces the other.

        Versions before, and meshio's reader to this day, have it face away.
        """
        wedges = np.flatnonzero(self.kinds == _WEDGE)
        if not wedges.size:
            return self.cells
        a, b, c, *others = (self.vertices[self.cells[wedges, i]] for i in range(6))
        across = np.mean(others, axis=0) - (a + b + c) / 3.0
        away = np.einsum("ni,ni->n", np.cross(b - a, c - a), across) < 0
        found = self.cells.copy()
        found[wedges[away], :6] = self.cells[wedges[away]][:, [0, 2, 1, 3, 5, 4]]
        return found

    @property
    def dimension(self) -> int:
        """2 of triangles and quadrilaterals, else 3."""
        return _SHAPES[int(self.kinds[0])][1]

    @property
    def centres(self) -> Array:
        """The means (n, 3) of each cell's vertices, mm."""
        held = self.cells >= 0
        corners = self.vertices[np.where(held, self.cells, 0)] * held[..., None]
        return np.asarray(corners.sum(axis=1) / held.sum(axis=1)[:, None])


def ugrid(mesh: Cells, dim: str) -> dict[str, xr.Variable]:
    """Return the variables of the topology `mesh`, whose cells lie along the dimension `dim`.

    Fields on it say so by `on_ugrid`. Corners are in the order of VTK, since UGRID leaves that of
    cells in three dimensions open.
    """
    place, rank = ("volume", 3) if mesh.dimension == 3 else ("face", 2)
    corners, shapes = f"{MESH}_{place}_nodes", f"{MESH}_{place}_types"
    names = [f"{MESH}_node_{axis}" for axis in "xyz"]
    found = {MESH: variable((), np.int32(0), "1", "topology of the mesh")}
    found[MESH].attrs = {
        "cf_role": "mesh_topology",
        "long_name": "topology of the mesh",
        "topology_dimension": rank,
        "node_coordinates": " ".join(names),
        f"{place}_node_connectivity": corners,
        f"{place}_dimension": dim,
        f"{place}_shape_type": shapes,
    }
    for axis, name in enumerate(names):
        found[name] = variable(
            (_VERTICES,), mesh.vertices[:, axis], "mm", f"{'xyz'[axis]} of the mesh's vertices"
        )
    text = "vertices of each cell, in the order of VTK, -1 where it has no more"
    found[corners] = variable((dim, _CORNERS), mesh.ordered.astype(np.int32), "1", text)
    found[corners].attrs |= {"cf_role": f"{place}_node_connectivity", "start_index": 0}
    found[corners].encoding["_FillValue"] = -1
    text = "shape of each cell, by VTK's numbers"
    found[shapes] = variable((dim,), mesh.kinds.astype(np.int8), "1", text)
    kinds = [kind for kind, (_, dimension, _) in _SHAPES.items() if dimension == rank]
    found[shapes].attrs |= {
        "cf_role": f"{place}_shape_type",
        "flag_values": np.array(kinds, dtype=np.int8),
        "flag_meanings": " ".join(_SHAPES[kind][0] for kind in kinds),
    }
    return found


def on_ugrid(values: xr.Variable, mesh: Cells) -> xr.Variable:
    """Return `values` along the cells, with what says that they lie on the mesh."""
    place = "volume" if mesh.dimension == 3 else "face"
    return values._replace(attrs={**values.attrs, "mesh": MESH, "location": place})


def ugrid_cells(group: xr.Dataset) -> Cells | None:
    """Return the mesh that a group of a result holds, None without one. Raises `InputError`."""
    if MESH not in group or group[MESH].attrs.get("cf_role") != "mesh_topology":
        return None
    about = group[MESH].attrs
    place = "volume" if about.get("topology_dimension") == 3 else "face"
    names = [*str(about.get("node_coordinates", "")).split()]
    names += [str(about.get(f"{place}_{what}", "")) for what in ("node_connectivity", "shape_type")]
    lacking = [name for name in names if name not in group]
    if len(names) != 5 or lacking:
        msg = f"{MESH}: the topology has no variable {', '.join(lacking) or 'for each coordinate'}"
        raise InputError(msg)
    vertices = np.stack([group[name].values.astype(float) for name in names[:3]], axis=1)
    corners = np.nan_to_num(group[names[3]].values.astype(float), nan=-1.0).astype(np.int64)
    return Cells(vertices=vertices, cells=corners, kinds=group[names[4]].values.astype(np.int64))

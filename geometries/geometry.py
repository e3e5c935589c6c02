"""Where the tumour is: mesh cells with volumes, depths, named regions and boundaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.core.html_table import html_table
from cartflow.core.outcome import InputError, require_known
from cartflow.geometries.cell_mesh import CellMesh
from cartflow.geometries.connectivity import Connectivity, read_connectivity
from cartflow.geometries.surfaces.measures import ShapeMeasures

Floats = NDArray[np.float64]
_MANY = 200_000  # cells of which the faces take more memory than a run should hold for nothing
_MADE_AGAIN = {"mesh", "connectivity", "coarse"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Boundary:
    """The faces of one named boundary, one entry a face.

    `cells` is the mesh cell behind each face (a cell may have several), `areas` in mm2,
    `distances` from cell centre to face in mm. Where the surface cuts cells anywhere, `shifts`
    (one for every cell of the mesh, mm) say how much deeper than its centre the value of a cell
    stands while the boundary holds a fixed value, or nearly so. `faces` are a mesh's numbers of
    them, where boundaries may have faces in common.
    """

    cells: NDArray[np.int64]
    areas: Floats
    distances: Floats
    shifts: Floats | None = None
    faces: NDArray[np.int64] | None = None

    @property
    def area(self) -> float:
        """The whole area, mm2."""
        return float(self.areas.sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Coarse:
    """The same place in cells twice as wide: its `geometry`, and the volumes that cells share.

    `shared` (coarse cells, fine cells) in mm3 sums over each row to the coarse cell's volume.
    """

    geometry: Geometry
    shared: Any

    def mean(self, values: ArrayLike) -> Floats:
        """Return the volume means (coarse cells,) of values (fine cells,), within these."""
        given = np.asarray(values, dtype=float)
        means = self.shared @ given / self.geometry.cell_volumes
        # By round-off a mean of ones is not one, which no porosity may exceed.
        return np.clip(means, given.min(), given.max())


def groups(geometry: Geometry, group: NDArray[np.int64], volumes: Floats) -> Coarse:
    """Return `geometry`, of whose cells each fine one of `volumes` lies in the one in `group`."""
    from scipy.sparse import csr_array

    places = (group, np.arange(group.size))
    shared = csr_array((volumes, places), shape=(geometry.size, group.size))
    return Coarse(geometry=geometry, shared=shared)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Geometry:
    """A tumour as n mesh cells on a grid.

    `active` has the shape of the grid, dimensions in the order of `dims`, and its true entries in C
    order are the mesh cells 0 ... n-1, or stand in the cells `cell_of_place`, of which each may
    hold several. `cell_volumes` (n,) in mm3; `centres` (n, d) in mm, columns x, y, z (or r), for
    masks RAS world; `depth` (n,) in mm below the surface. `affine` takes grid indices (i, j, k) to
    RAS mm, `source_affine` and `source_shape` are those of the file a mask was read from.
    `build_mesh` makes the FiPy mesh when it is asked for, `build_measures` the published measures
    of a segmentation; `depth_below` says what depth is measured from; `build_coarse` makes the same
    place in cells twice as wide; `build_voxels` gives the labels (i, j, k), affine and factors of
    voxels that cells join, `build_connectivity` the faces where they are not to be read from the
    mesh. `flat` is the dim across a plane of one layer. Cells on no grid, of a `cell_mesh`, have
    the one dim ``cell``.
    """

    name: str
    dims: tuple[str, ...]
    coordinates: Mapping[str, Floats]
    active: NDArray[np.bool_]
    cell_volumes: Floats
    centres: Floats
    depth: Floats
    regions: Mapping[str, NDArray[np.bool_]]
    boundaries: Mapping[str, Boundary]
    build_mesh: Callable[[], Any]
    affine: Floats | None = None
    source_affine: Floats | None = None
    source_shape: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    build_measures: Callable[[], ShapeMeasures] | None = None
    depth_below: str = "the rim"
    build_coarse: Callable[[], Coarse] | None = None
    flat: str | None = None
    cell_of_place: NDArray[np.int64] | None = None
    build_connectivity: Callable[[], Connectivity] | None = None
    build_voxels: Callable[[], tuple[NDArray[Any], Floats, tuple[int, int, int]]] | None = None
    cell_mesh: CellMesh | None = None

    def __post_init__(self) -> None:
        grid = tuple(self.coordinates[dim].size for dim in self.dims)
        sizes = [len(self.centres), self.depth.size, *(r.size for r in self.regions.values())]
        places = self.size if self.cell_of_place is None else self.cell_of_place.size
        if (self.active.shape, int(self.active.sum())) != (grid, places) or {*sizes} != {self.size}:
            msg = f"{self.name}: arrays do not fit the {self.size} cells on a grid of {grid}"
            raise InputError(msg)
        if not (np.isfinite(self.cell_volumes).all() and (self.cell_volumes > 0).all()):
            msg = f"{self.name}: every cell volume must be finite and greater than 0"
            raise InputError(msg)

    def __repr__(self) -> str:
        return f"Geometry({self.name!r}, {self.size} cells, {self.volume:.6g} mm3)"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: size, depth, regions and boundaries."""
        volumes = self.cell_volumes
        regions = ((f"region {n}", f"{volumes[c].sum():.6g} mm3") for n, c in self.regions.items())
        areas = ((f"boundary {n}", f"{b.area:.6g} mm2") for n, b in self.boundaries.items())
        whole = ("volume", f"{self.volume:.6g} mm3 in {self.size} cells")
        deepest = ("deepest cell", f"{self.maximal_depth:.4g} mm below {self.depth_below}")
        return html_table(self.name, [whole, deepest, *regions, *areas])

    def __getstate__(self) -> dict[str, Any]:
        # The mesh is large and quickly built again.
        return {k: v for k, v in self.__dict__.items() if k not in _MADE_AGAIN}

    @property
    def size(self) -> int:
        """The number of mesh cells."""
        return int(self.cell_volumes.size)

    @property
    def volume(self) -> float:
        """The volume of all cells, mm3."""
        return float(self.cell_volumes.sum())

    @property
    def maximal_depth(self) -> float:
        """The depth of the deepest cell, mm."""
        return float(self.depth.max())

    @cached_property
    def mesh(self) -> Any:
        """The FiPy mesh, with true volumes (mm3) and face areas (mm2)."""
        return self.build_mesh()

    @cached_property
    def measures(self) -> ShapeMeasures | None:
        """The published measures of a segmentation's shape; None for other shapes."""
        return None if self.build_measures is None else self.build_measures()

    @cached_property
    def coarse(self) -> Coarse | None:
        """The same place in cells twice as wide, of the same volume, area and regions.

        None where there is no such mesh.
        """
        return None if self.build_coarse is None else self.build_coarse()

    @property
    def cell_width(self) -> float:
        """The width of a mesh cell, mm: a voxel's longest edge, a row's mean, or a like cube's."""
        if (mesh := self.cell_mesh) is not None:
            return mesh.width_of(self.volume / self.size)
        if self.affine is not None:
            edges = np.linalg.norm(self.affine[:3, :3], axis=0)[::-1]
            kept = [x for dim, x in zip(self.dims, edges, strict=True) if dim != self.flat]
            return float(max(kept))
        axes = [x for x in self.coordinates.values() if x.size > 1]
        return max((float(np.ptp(x)) / (x.size - 1) for x in axes), default=np.nan)

    @cached_property
    def connectivity(self) -> Connectivity:
        """The interior faces of the FiPy mesh."""
        if self.build_connectivity is not None:
            return self.build_connectivity()
        return read_connectivity(self.mesh)

    def let_faces_go(self) -> None:
        """Let go of the faces of many cells, which are found again when they are asked for."""
        if self.build_connectivity is not None and self.size > _MANY:
            self.__dict__.pop("connectivity", None)

    def scatter(self, values: ArrayLike) -> Floats:
        """Return values (..., n) on the grid (..., *grid), nan where no cell stands."""
        values = np.asarray(values, dtype=float)
        if values.shape[-1:] != (self.size,):
            msg = f"{self.name}: {values.shape} values do not fit {self.size} cells"
            raise InputError(msg)
        grid = np.full(values.shape[:-1] + self.active.shape, np.nan)
        grid[..., self.active] = self.at_places(values)
        return grid

    def at_places(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values (..., n) at the grid's places with tissue (..., places), in C order."""
        return values if self.cell_of_place is None else values[..., self.cell_of_place]

    def gather(self, grid: Floats) -> Floats:
        """Return the mean in each cell (..., n) of values on the grid (..., *grid)."""
        found = grid[..., self.active]
        if self.cell_of_place is None:
            return found
        count = np.bincount(self.cell_of_place)
        first = np.unique(self.cell_of_place, return_index=True)[1]
        # What is alike within a cell stays so to the last digit.
        begin = found[..., first]
        rows = (found - begin[..., self.cell_of_place]).reshape(-1, found.shape[-1])
        more = np.array([np.bincount(self.cell_of_place, row, self.size) / count for row in rows])
        return np.asarray(begin + more.reshape(begin.shape))

    @property
    def listed(self) -> bool:
        """Whether faces are to be had as a list alone: cells of unlike width, or on no grid."""
        return self.graded or self.cell_mesh is not None

    @property
    def in_row(self) -> bool:
        """Whether the cells lie in a row, each between two edges."""
        return self.active.ndim == 1 and self.cell_mesh is None

    @property
    def graded(self) -> bool:
        """Whether voxels are cells of unlike width."""
        return self.cell_of_place is not None

    @property
    def place_volumes(self) -> Floats:
        """The volume (n,) of each cell at one of the grid's places, mm3."""
        if self.cell_of_place is None:
            return self.cell_volumes
        return self.cell_volumes / np.bincount(self.cell_of_place)

    def region(self, name: str) -> NDArray[np.bool_]:
        """Return the cells (n,) of the region `name`; raise `InputError` if there is none."""
        require_known(name, self.regions, f"region of the {self.name}")
        return self.regions[name]

    def boundary(self, name: str) -> Boundary:
        """Return the faces of the boundary `name`; raise `InputError` if there is none."""
        require_known(name, self.boundaries, f"boundary of the {self.name}")
        return self.boundaries[name]

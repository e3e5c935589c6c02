"""Where the cells of a saved tumour are: on a grid in the world, of a mesh, or in a row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from cartflow.core.dataset import POSITION, grows
from cartflow.core.outcome import InputError
from cartflow.results.ugrid import Cells, ugrid_cells

Array = np.ndarray
_GRIDS = (("z", "y", "x"), ("k", "j", "i"), ("y", "x"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """The grid of a saved tumour: its `dims`, which of it is tissue, and where its cells are.

    `affine` (4, 4) takes indices (i, j, k), the reverse of `dims`, to mm; None for the cells of an
    unstructured `mesh`, and for cells in a row, which are at `row` (cells,) mm.
    """

    dims: tuple[str, ...]
    active: Array
    affine: Array | None
    row: Array
    mesh: Cells | None = None

    @property
    def in_space(self) -> bool:
        """Whether the cells lie in a world of x, y and z."""
        return self.affine is not None or self.mesh is not None

    @property
    def shape(self) -> tuple[int, int, int]:
        """The number of cells along i, j, k."""
        i, j, k = (*self.active.shape[::-1], 1, 1)[:3]
        return i, j, k

    def centres(self) -> Array:
        """Return the centres (cells, 3) of the mesh cells, mm, in their order.

        Of an unstructured mesh they are the means of the cells' vertices.
        """
        if self.mesh is not None:
            return self.mesh.centres
        if self.affine is None:
            zeros = np.zeros_like(self.row)
            return np.stack([self.row, zeros, zeros], axis=1)
        index = np.argwhere(self.active)[:, ::-1].astype(float)
        index = np.pad(index, ((0, 0), (0, 3 - index.shape[1])))
        return np.asarray(index @ self.affine[:3, :3].T + self.affine[:3, 3])


def places_of(tumour: xr.Dataset) -> Places:
    """Return where the cells of a result's group `tumour` are. Raises `InputError`."""
    dims = tuple(str(d) for d in tumour["cell_volume"].dims)
    active = np.isfinite(tumour["cell_volume"].values)
    if not active.any():
        raise InputError("tumour/cell_volume: there is no mesh cell")
    mesh = ugrid_cells(tumour)
    if mesh is not None:
        if active.shape != mesh.kinds.shape or not active.all():
            raise InputError("tumour/mesh: its cells are not those of the fields")
        return Places(dims=dims, active=active, affine=None, row=np.empty(0), mesh=mesh)
    if dims not in _GRIDS:
        if len(dims) != 1:
            msg = f"tumour: its cells lie along {dims}; known are x, r and {_GRIDS}"
            raise InputError(msg)
        row = np.asarray(tumour[dims[0]].values, dtype=float)
        return Places(dims=dims, active=active, affine=None, row=row)
    if "affine" in tumour:
        affine = np.asarray(tumour["affine"].values, dtype=float)
    else:
        affine = _of_box(tumour, dims)
    if affine.shape != (4, 4) or not np.isfinite(affine).all():
        raise InputError("tumour/affine: it is no affine of 4 x 4 finite numbers")
    return Places(dims=dims, active=active, affine=affine, row=np.empty(0))


def _of_box(tumour: xr.Dataset, dims: tuple[str, ...]) -> Array:
    """Return the affine of a box, whose first centre along each axis is half a step from 0."""
    affine = np.eye(4)
    affine[:3, 3] = 0.5
    for axis, dim in enumerate(("x", "y", "z")):
        if dim in dims:
            first = float(tumour[dim].values[0])
            affine[axis, axis], affine[axis, 3] = 2.0 * first, first
    return affine


def at_time(tumour: xr.Dataset, places: Places, time: int) -> tuple[xr.Dataset, Places]:
    """Return the group and its places at the saved time number `time`.

    Of a tumour that grows, what is saved of its mesh is that of the start: positions, depths and
    volumes are then those of the time.
    """
    now = tumour.isel(time=time)
    if not grows(tumour):
        return now, places
    row = now[POSITION].values
    stretch, expansion = row[0] / places.row[0], float(now["expansion"])
    found = now.drop_vars(POSITION).assign(
        cell_volume=now["cell_volume"].copy(data=now["cell_volume"].values * expansion),
        depth=now["depth"].copy(data=now["depth"].values * stretch),
    )
    return found, replace(places, row=row)


def fields_of(tumour: xr.Dataset) -> list[str]:
    """Return the names of the fields, which have a role. Raises `InputError` on odd names."""
    names = [str(name) for name, values in tumour.data_vars.items() if "role" in values.attrs]
    for name in names:
        if not name.isidentifier():
            msg = f"tumour: the field's name {name!r} is none of a field"
            raise InputError(msg)
    return names


def static_of(tumour: xr.Dataset, places: Places) -> list[str]:
    """Return the names of what every mesh cell has at all times: volume, depth, regions."""
    return [str(name) for name, values in tumour.data_vars.items() if values.dims == places.dims]


def chosen_times(tumour: xr.Dataset, time: float | None) -> list[int]:
    """Return the places of all saved times, or of the one nearest to `time` (days).

    Raises `InputError` unless that was saved.
    """
    times = np.asarray(tumour["time"].values, dtype=float)
    if time is None:
        return list(range(times.size))
    place = int(np.argmin(np.abs(times - time)))
    if abs(times[place] - time) > 1e-6 * max(1.0, abs(time)):
        msg = f"--time {time:g}: was not saved; the nearest is {times[place]:.9g} day"
        raise InputError(msg)
    return [place]

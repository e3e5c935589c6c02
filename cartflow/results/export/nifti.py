"""The fields of a result as NIfTI maps, on the voxels of the mask that it was run on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.results.export.places import Places, fields_of

Array = np.ndarray


def export_nifti(tumour: xr.Dataset, places: Places, times: list[int], folder: Path) -> None:
    """Write each field as ``NAME.nii.gz``, its unit and times (days) as ``NAME.json``.

    Of one time a map is 3-D, of several 4-D. It is on the voxels of the mask, or without one on the
    mesh cells, nan where no tissue is. A voxel has the value of the cell that it lies in, or the
    mean of those in it. Raises `InputError` for cells in a row and unstructured meshes.
    """
    if places.mesh is not None:
        raise InputError("its cells are those of an unstructured mesh; take vtk or csv")
    if places.affine is None:
        msg = "its cells are layers or shells, which lie nowhere in an image; take vtk or csv"
        raise InputError(msg)
    onto = _Voxels(tumour, places)
    for name in fields_of(tumour):
        values = tumour[name].isel(time=times).transpose("time", *places.dims).values
        maps = np.stack([onto.map(v[places.active]) for v in values], axis=-1)
        _write(folder / name, maps[..., 0] if len(times) == 1 else maps, onto.affine)
        about = {
            "units": str(tumour[name].attrs.get("units", "")),
            "long_name": str(tumour[name].attrs.get("long_name", name)),
            "time_days": [float(t) for t in tumour["time"].values[times]],
        }
        (folder / f"{name}.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


class _Voxels:
    """The voxels that maps are written on, and the mesh cells that lie in them."""

    def __init__(self, tumour: xr.Dataset, places: Places) -> None:
        assert places.affine is not None
        self.affine, self._shape = places.affine, places.shape
        self._volumes = tumour["cell_volume"].values[places.active]
        if "mask_affine" in tumour:
            self.affine = np.asarray(tumour["mask_affine"].values, dtype=float)
            i, j, k = (int(n) for n in tumour["mask_shape"].values)
            self._shape = (i, j, k)
        number = np.full(places.shape, -1, dtype=np.int64)
        number.T[places.active.reshape(places.shape[::-1])] = np.arange(self._volumes.size)
        finer = abs(np.linalg.det(places.affine[:3, :3])) < 0.99 * abs(
            np.linalg.det(self.affine[:3, :3])
        )
        self._voxel = self._voxels_of_cells(places) if finer else None
        self._cell = None if finer else self._cells_of_voxels(places.affine, number)

    def map(self, values: Array) -> Array:
        """Return values (cells,) on the voxels, nan where there is no cell."""
        found = np.full(self._shape, np.nan, dtype=np.float32)
        if self._cell is not None:
            voxels, cells = self._cell
            found[voxels] = values[cells]
            return found
        assert self._voxel is not None
        flat = np.ravel_multi_index(self._voxel, self._shape)
        held = np.unique(flat)
        order = np.searchsorted(held, flat)
        sums = np.bincount(order, values * self._volumes) / np.bincount(order, self._volumes)
        found[np.unravel_index(held, self._shape)] = sums
        return found

    def _voxels_of_cells(self, places: Places) -> tuple[Array, ...]:
        back = np.linalg.inv(self.affine)
        index = np.rint(places.centres() @ back[:3, :3].T + back[:3, 3]).astype(np.int64)
        return tuple(np.clip(index, 0, np.array(self._shape) - 1).T)

    def _cells_of_voxels(self, affine: Array, number: Array) -> tuple[tuple[Array, ...], Array]:
        """Return the voxels that lie in a mesh cell, by their centre, and the number of each."""
        matrix = np.linalg.inv(affine) @ self.affine
        first, last = self._around(np.linalg.inv(matrix), number.shape)
        index = np.stack(np.meshgrid(*map(np.arange, first, last), indexing="ij"), axis=-1)
        index = index.reshape(-1, 3)
        # A voxel's centre may lie upon the face between two cells.
        place = np.floor(index @ matrix[:3, :3].T + matrix[:3, 3] + 0.5 + 1e-4).astype(np.int64)
        held = np.all((place >= 0) & (place < number.shape), axis=1)
        index, cells = index[held], number[tuple(place[held].T)]
        return tuple(index[cells >= 0].T), cells[cells >= 0]

    def _around(self, back: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
        corners = np.array(list(np.ndindex(2, 2, 2))) * np.array(shape) - 0.5
        where = corners @ back[:3, :3].T + back[:3, 3]
        sizes = np.array(self._shape)
        first = np.clip(np.floor(where.min(axis=0)), 0, sizes).astype(int)
        return first, np.clip(np.ceil(where.max(axis=0)) + 1, 0, sizes).astype(int)


def _write(stem: Path, values: Array, affine: Array) -> None:
    import nibabel as nib

    image = nib.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm", "unknown")
    nib.save(image, stem.with_name(f"{stem.name}.nii.gz"))

"""NIfTI files: the header is checked, then nibabel reads the voxels."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.compressed import read_exactly, require_room
from cartflow.geometries.images.files.image import (
    Image,
    require_finite,
    require_voxels,
    three_sizes,
)

Floats = NDArray[np.float64]
# The size of a header, by which the two versions are told apart.
_ONE, _TWO = 348, 540
_SYMMETRIC_MATRIX = 1005
_TO_MM = {"meter": 1e3, "micron": 1e-3}
# Two affines that differ by less, in voxels or relative in volume, are one rounded twice.
_VOXELS, _RELATIVE = 0.05, 1e-4


def read_nifti(path: Path) -> Image:
    """Return the 3-D image in a single NIfTI-1 or NIfTI-2 file, .nii or .nii.gz."""
    with _heard() as said:
        header = _header(path)
    shape = three_sizes([int(n) for n in header["dim"][1 : 1 + int(header["dim"][0])]])
    affine, qform, notes = _affines(header, shape)
    slope, intercept = header.get_slope_inter()
    return Image(
        stored=_voxels(header, path, shape),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        affine=affine,
        qform=qform,
        notes=(*notes, *said),
    )


def read_nifti_vectors(path: Path, number: int) -> tuple[Image, bool]:
    """Return the image of `number` components a voxel in a NIfTI file, (i, j, k, number).

    They stand along the fourth axis or, after one of size 1, along the fifth. Also returns whether
    the file's intent says that they are a symmetric matrix. Raises `InputError` for other shapes.
    """
    with _heard() as said:
        header = _header(path)
    sizes = [int(n) for n in header["dim"][1 : 1 + int(header["dim"][0])]]
    while len(sizes) > 4 and sizes[-1] == 1:
        sizes.pop()
    if len(sizes) == 5 and sizes[3] == 1:
        sizes.pop(3)
    if len(sizes) != 4 or sizes[3] != number:
        msg = f"its voxels are of the shape {tuple(sizes)}; needed are (i, j, k, {number})"
        raise InputError(msg)
    shape = three_sizes(sizes[:3])
    require_voxels(int(np.prod(sizes)))
    affine, _, notes = _affines(header, shape)
    slope, intercept = header.get_slope_inter()
    image = Image(
        stored=_voxels(header, path, (*shape, number)),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        affine=affine,
        notes=(*notes, *said),
    )
    return image, int(header["intent_code"]) == _SYMMETRIC_MATRIX


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect what nibabel mends in a header and would print, for the image's notes."""
    from nibabel.imageglobals import logger

    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"the header: {record.getMessage()}")

    before, logger.handlers = logger.handlers, [Ear()]
    above, logger.propagate = logger.propagate, False
    try:
        yield said
    finally:
        logger.handlers, logger.propagate = before, above


def _header(path: Path) -> Any:
    """Return nibabel's header object of the first bytes alone, extensions unread."""
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    with _opened(path) as file:
        block = file.read(_TWO)
    sizes = {int.from_bytes(block[:4], order) for order in ("little", "big")}
    if _ONE in sizes and len(block) >= _ONE:
        header: Any = Nifti1Header(block[:_ONE])
    elif _TWO in sizes and len(block) == _TWO:
        header = Nifti2Header(block)
    else:
        msg = f"it does not begin with a NIfTI header of {_ONE} or {_TWO} bytes"
        raise ValueError(msg)
    if header["magic"].item() != header.single_magic:
        msg = "the voxels of this NIfTI header stand in another file; give one file with both"
        raise InputError(msg)
    if not 1 <= int(header["dim"][0]) <= 7:
        msg = f"its header says {int(header['dim'][0])} dimensions"
        raise ValueError(msg)
    return header


def _opened(path: Path) -> Any:
    return gzip.open(path) if _gzipped(path) else path.open("rb")


def _gzipped(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _voxels(header: Any, path: Path, shape: tuple[int, ...]) -> NDArray[Any]:
    # nibabel's reader holds a compressed file's voxels up to twice.
    start = float(header["vox_offset"])
    if not (np.isfinite(start) and start >= 0 and start == int(start)):
        msg = f"its header says that the voxels begin at byte {start:g}"
        raise ValueError(msg)
    # Where the header says 0, the voxels follow it.
    skip = int(start) or int(header.get_data_offset())
    dtype = header.get_data_dtype()
    needed = int(np.prod(shape)) * dtype.itemsize
    require_room(skip + needed, path.stat().st_size, gzipped=_gzipped(path))
    with _opened(path) as file:
        data = read_exactly(file, skip, needed, more=True)
    return data.view(dtype).reshape(shape, order="F")


def _affines(
    header: Any, shape: tuple[int, int, int]
) -> tuple[Floats, Floats | None, tuple[str, ...]]:
    """Return the affine that holds, the qform where it disagrees, and notes; mm."""
    factor = _TO_MM.get(header.get_xyzt_units()[0], 1.0)
    to_mm = np.diag([factor, factor, factor, 1.0])
    affine = np.asarray(header.get_best_affine(), dtype=float)
    require_finite(affine)
    affine = to_mm @ affine
    if header["sform_code"] == 0 and header["qform_code"] == 0:
        return affine, None, ("the header gives no orientation; NIfTI's default is used",)
    if header["sform_code"] == 0 or header["qform_code"] == 0:
        return affine, None, ()
    qform = _qform(header)
    if qform is None:
        return affine, None, ("the header's qform is not valid; its sform is used",)
    qform = to_mm @ qform
    return affine, qform if _differ(affine, qform, shape) else None, ()


def _qform(header: Any) -> Floats | None:
    try:
        qform = np.asarray(header.get_qform(), dtype=float)
    # nibabel raises for quaternions longer than 1.
    except Exception:
        return None
    return qform if np.isfinite(qform).all() else None


def _differ(one: Floats, other: Floats, shape: tuple[int, int, int]) -> bool:
    volumes = [abs(np.linalg.det(affine[:3, :3])) for affine in (one, other)]
    edge = float(np.cbrt(max(volumes)))
    far = abs(volumes[0] - volumes[1]) > _RELATIVE * max(volumes)
    return bool(far or farthest(one, other, shape) > _VOXELS * edge)


def farthest(one: Floats, other: Floats, shape: tuple[int, ...]) -> float:
    """Return how far apart, in mm, two affines put one corner of a grid at most."""
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(shape) - 1)
    apart = corners @ (one - other)[:3, :3].T + (one - other)[:3, 3]
    return float(np.linalg.norm(apart, axis=1).max())

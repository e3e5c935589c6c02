"""Label images from NIfTI and NRRD files, in one world convention: RAS, mm."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.outcome import InputError
from cartflow.paths import as_path, require_file
from cartflow.units import to_internal

_NIFTI = (".nii", ".nii.gz")
_NRRD = (".nrrd", ".nhdr")
# What turns each NRRD world into right-anterior-superior.
_TO_RAS = {
    "right-anterior-superior": (1.0, 1.0, 1.0),
    "ras": (1.0, 1.0, 1.0),
    "left-anterior-superior": (-1.0, 1.0, 1.0),
    "las": (-1.0, 1.0, 1.0),
    "left-posterior-superior": (-1.0, -1.0, 1.0),
    "lps": (-1.0, -1.0, 1.0),
}
# Worlds that do not say where the patient lies.
_UNNAMED = {"", "scanner-xyz", "3d-right-handed", "3d-left-handed"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Image:
    """A label array (i, j, k) and the `affine` (4, 4) from voxel indices to RAS mm."""

    labels: NDArray[Any]
    affine: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def read_image(path: str | Path) -> Image:
    """Return the 3-D image in a NIfTI (.nii, .nii.gz) or NRRD (.nrrd, .nhdr) file.

    Raises `InputError` naming the file if it is missing, unreadable, not 3-D, or does not
    say how large its voxels are.
    """
    path = as_path(path)
    name = path.name.lower()
    if not name.endswith(_NIFTI + _NRRD):
        msg = f"{path}: not an image file; allowed: {', '.join(_NIFTI + _NRRD)}"
        raise InputError(msg)
    require_file(path)
    try:
        image = _read_nifti(path) if name.endswith(_NIFTI) else _read_nrrd(path)
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None
    # The readers raise whatever a damaged file makes them stumble over.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        msg = f"{path}: cannot be read as an image ({reason})"
        raise InputError(msg) from None
    return image


def _read_nifti(path: Path) -> Image:
    import nibabel

    file: Any = nibabel.load(path)
    _require_three(file.shape)
    header = file.header
    unit = header.get_xyzt_units()[0]
    factor = {"meter": 1e3, "micron": 1e-3}.get(unit, 1.0)
    notes = []
    if header["sform_code"] == 0 and header["qform_code"] == 0:
        notes.append("the header gives no orientation; NIfTI's default is used")
    affine = np.diag([factor, factor, factor, 1.0]) @ np.asarray(file.affine, dtype=float)
    return Image(labels=np.asanyarray(file.dataobj), affine=affine, notes=tuple(notes))


def _read_nrrd(path: Path) -> Image:
    import nrrd

    labels, header = nrrd.read(str(path))
    _require_three(labels.shape)
    signs, notes = _world(str(header.get("space", "")))
    factors = _unit_factors(header)
    affine = np.eye(4)
    affine[:3, :3] = _directions(header) * factors[:, None]
    affine[:3, 3] = np.asarray(header.get("space origin", np.zeros(3)), dtype=float) * factors
    affine[:3] *= np.array(signs)[:, None]
    return Image(labels=labels, affine=affine, notes=notes)


def _require_three(shape: tuple[int, ...]) -> None:
    if len(shape) != 3:
        msg = f"the image is {len(shape)}-D, of shape {tuple(shape)}; needed is one 3-D image"
        raise InputError(msg)


def _world(space: str) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    if space.lower() in _UNNAMED:
        return (1.0, 1.0, 1.0), ("the header names no patient space; its axes are read as RAS",)
    if space.lower() not in _TO_RAS:
        msg = f"space '{space}' is not known; allowed: {', '.join(_TO_RAS)}"
        raise InputError(msg)
    return _TO_RAS[space.lower()], ()


def _directions(header: Any) -> NDArray[np.float64]:
    """Return the columns that one step along i, j, k moves in the file's own space."""
    if header.get("space directions") is not None:
        directions = np.asarray(header["space directions"], dtype=float)
        if directions.shape != (3, 3):
            msg = f"'space directions' has the shape {directions.shape}; needed is (3, 3)"
            raise InputError(msg)
        return directions.T
    if header.get("spacings") is None:
        msg = "the header has neither 'space directions' nor 'spacings'"
        raise InputError(msg)
    return np.diag(np.asarray(header["spacings"], dtype=float))


def _unit_factors(header: Any) -> NDArray[np.float64]:
    # The units of the axes belong to 'spacings', those of the space to 'space directions'.
    key = "units" if header.get("space directions") is None else "space units"
    units = header.get(key) or ["mm"] * 3
    return np.array([to_internal(f"1 {unit or 'mm'}", like="mm") for unit in units])

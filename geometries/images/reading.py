"""Label images from NIfTI and NRRD files, in one world convention: RAS, mm."""

from __future__ import annotations

from pathlib import Path

from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, require_file
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.files.nifti import read_nifti
from cartflow.geometries.images.files.nrrd import read_nrrd

_NIFTI = (".nii", ".nii.gz")
_NRRD = (".nrrd", ".nhdr")


def read_image(path: str | Path) -> Image:
    """Return the 3-D image in a NIfTI (.nii, .nii.gz) or NRRD (.nrrd, .nhdr) file.

    The header is checked before voxels are read. Raises `InputError` naming the file if it
    is missing, unreadable, not 3-D, does not say how large its voxels are, or does not hold
    what its header says.
    """
    path = as_path(path)
    name = path.name.lower()
    if not name.endswith(_NIFTI + _NRRD):
        msg = f"{path}: not an image file; allowed: {', '.join(_NIFTI + _NRRD)}"
        raise InputError(msg)
    require_file(path)
    try:
        return read_nifti(path) if name.endswith(_NIFTI) else read_nrrd(path)
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None
    # The readers raise whatever a damaged file makes them stumble over.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        msg = f"{path}: cannot be read as an image ({reason})"
        raise InputError(msg) from None

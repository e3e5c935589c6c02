"""FreeSurfer's MGH and MGZ, and Analyze, by nibabel."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.compressed import require_room
from cartflow.geometries.images.files.image import Image, require_finite, three_sizes


def read_freesurfer(path: Path) -> Image:
    """Return the 3-D image in a FreeSurfer file, .mgh or .mgz."""
    from nibabel.freesurfer.mghformat import MGHImage

    packed = path.name.lower().endswith("z")
    # By its name nibabel would leave the file open.
    with gzip.open(path) if packed else path.open("rb") as file:
        return _image(MGHImage.from_stream(file), path, gzipped=packed, notes=())


def read_analyze(path: Path) -> Image:
    """Return the 3-D image in an Analyze header (.hdr) and the voxels (.img) beside it."""
    from nibabel.nifti1 import Nifti1Pair
    from nibabel.spm2analyze import Spm2AnalyzeImage

    voxels = path.with_suffix(".img")
    if not voxels.is_file() or voxels.resolve().parent != path.resolve().parent:
        msg = f"there is no '{voxels.name}' beside it, which holds the voxels"
        raise InputError(msg)
    with path.open("rb") as file:
        magic = file.read(348)[344:348]
    if magic == b"ni1\0":
        return _image(Nifti1Pair.from_filename(path), voxels, gzipped=False, notes=())
    found = Spm2AnalyzeImage.from_filename(path)
    note = "Analyze says nothing of orientation; its axes are read as left, anterior, superior"
    return _image(found, voxels, gzipped=False, notes=(note,))


def _image(found: Any, path: Path, *, gzipped: bool, notes: tuple[str, ...]) -> Image:
    shape = three_sizes([int(n) for n in found.shape])
    dtype = np.dtype(found.get_data_dtype())
    require_room(int(np.prod(shape)) * dtype.itemsize, path.stat().st_size, gzipped=gzipped)
    affine = np.asarray(found.affine, dtype=float)
    require_finite(affine)
    data: NDArray[Any] = np.asarray(found.dataobj).reshape(shape)
    return Image(stored=data, affine=affine, notes=notes)

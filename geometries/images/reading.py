"""Images from files of any kind that is read, in one world convention: RAS, mm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, kind_of, read_as, require_file
from cartflow.geometries.images.files.dicom import read_segmentation, read_series
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.files.metaimage import read_metaimage
from cartflow.geometries.images.files.neuroimaging import read_analyze, read_freesurfer
from cartflow.geometries.images.files.nifti import read_nifti
from cartflow.geometries.images.files.nrrd import read_nrrd
from cartflow.geometries.images.files.segments import Segment, combined
from cartflow.geometries.images.files.tiff import read_tiff

_READERS: tuple[tuple[tuple[str, ...], Callable[[Path], Image]], ...] = (
    ((".nii", ".nii.gz"), read_nifti),
    ((".nrrd", ".nhdr"), read_nrrd),
    ((".mha", ".mhd"), read_metaimage),
    ((".mgz", ".mgh"), read_freesurfer),
    ((".hdr",), read_analyze),
    ((".tif", ".tiff"), read_tiff),
    ((".dcm",), read_segmentation),
)
ENDINGS = tuple(ending for endings, _ in _READERS for ending in endings)


def read_image(path: str | Path) -> Image:
    """Return the 3-D image in a file, of a kind that its name's ending says, or a DICOM series.

    NIfTI, NRRD with segmentations of 3D Slicer, MetaImage, MGH and Analyze are read; with the extra
    `images` also TIFF, DICOM segmentations, and the one series in a folder. The header is checked
    before voxels are read. Raises `InputError` naming the file if it is missing, unreadable, not
    3-D, does not say how large its voxels are, or does not hold what its header says.
    """
    path = as_path(path)
    if kind_of(path) == "folder" and not path.name.lower().endswith(ENDINGS):
        reader: Callable[[Path], Image] = read_series
    else:
        reader = _reader(path)
        require_file(path)
    with read_as(path, "an image"):
        return reader(path)


def read_structures(paths: Sequence[str | Path]) -> Image:
    """Return one label image of several masks, one structure a file, named by their files.

    Where they overlap the later one holds. Raises `InputError` unless they lie on the same voxels.
    """
    if not paths:
        raise InputError("file: an empty list; give at least one mask")
    images = [read_image(path) for path in paths]
    first = images[0]
    for path, image in zip(paths, images, strict=True):
        same = image.stored.shape == first.stored.shape
        if not same or not np.allclose(image.affine, first.affine, atol=1e-3):
            msg = f"{path}: its voxels are not those of {Path(paths[0]).name}"
            raise InputError(msg)
    names = [Path(path).name for path in paths]
    stems = [_stem(name) for name in names]
    layers = np.stack([image.labels != 0 for image in images])
    found = [Segment(name=n, layer=i, value=1) for i, n in enumerate(stems)]
    codes, labels, notes = combined(layers, found)
    return Image(
        stored=codes,
        affine=first.affine,
        notes=(*(n for image in images for n in image.notes), *notes),
        names=labels,
    )


def _stem(name: str) -> str:
    ending = next(e for e in sorted(ENDINGS, key=len, reverse=True) if name.lower().endswith(e))
    return name[: -len(ending)]


def _reader(path: Path) -> Callable[[Path], Image]:
    for endings, reader in _READERS:
        if path.name.lower().endswith(endings):
            return reader
    msg = f"{path}: not an image file; allowed: {', '.join(ENDINGS)}, or a folder of DICOM"
    raise InputError(msg)

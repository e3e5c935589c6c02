"""DICOM: a folder with one series, or a segmentation object, by highdicom and pydicom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.image import Image, require_finite, require_voxels
from cartflow.geometries.images.files.segments import Segment, combined

_MOST_FILES = 10_000
_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def read_series(folder: Path) -> Image:
    """Return the 3-D image of the one series in a folder, its values as they are meant.

    Raises `InputError` without the extra `images`, or where there is not one series of planes at
    even distances.
    """
    highdicom, pydicom = _libraries()
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if len(found) > _MOST_FILES:
            msg = f"more than {_MOST_FILES} files"
            raise InputError(msg)
        if path.is_file() and not path.is_symlink() and pydicom.misc.is_dicom(path):
            found.append(path)
    if not found:
        raise InputError("there is no DICOM file in the folder")
    heads = [pydicom.dcmread(path, stop_before_pixels=True) for path in found]
    series = {str(head.SeriesInstanceUID) for head in heads}
    if len(series) > 1:
        msg = f"there are {len(series)} series in the folder; needed is one"
        raise InputError(msg)
    require_voxels(int(heads[0].Rows) * int(heads[0].Columns) * len(heads))
    volume = highdicom.get_volume_from_series([pydicom.dcmread(path) for path in found])
    return _image(volume)


def read_segmentation(path: Path) -> Image:
    """Return the segments in a DICOM segmentation object, one label image with their names.

    Where they overlap the later one holds, and of probabilities those of half and more are in.
    Raises `InputError` for other objects.
    """
    highdicom, pydicom = _libraries()
    head = pydicom.dcmread(path, stop_before_pixels=True)
    if str(head.get("SOPClassUID", "")) != _SEGMENTATION:
        raise InputError("it is no segmentation; of a series of planes give the folder")
    require_voxels(int(head.Rows) * int(head.Columns) * int(head.get("NumberOfFrames", 1)))
    seg = highdicom.seg.segread(path)
    volume = seg.get_volume(combine_segments=False, rescale_fractional=False)
    layers = np.moveaxis(volume.array, -1, 0)
    shares: tuple[str, ...] = ()
    if str(head.get("SegmentationType", "")) == "FRACTIONAL":
        # Stored as whole numbers up to that which stands for 1.
        layers = 2.0 * layers >= int(head.MaximumFractionalValue)
        shares = ("its segments are probabilities, of which those of 0.5 and more are inside",)
    numbers = list(seg.segment_numbers)
    found = [
        Segment(name=str(seg.get_segment_description(n).segment_label), layer=place, value=1)
        for place, n in enumerate(numbers)
    ]
    codes, names, notes = combined(layers > 0, found)
    return Image(stored=codes, affine=_affine(volume), notes=(*shares, *notes), names=names)


def _image(volume: Any) -> Image:
    return Image(stored=np.asarray(volume.array), affine=_affine(volume))


def _affine(volume: Any) -> np.ndarray:
    """Return the affine to RAS mm; DICOM's world is left-posterior-superior."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(volume.affine, dtype=float)
    require_finite(affine)
    return affine


def _libraries() -> tuple[Any, Any]:
    try:
        import highdicom
        import pydicom
    except ImportError:
        msg = "needs highdicom; install cartflow[images]"
        raise InputError(msg) from None
    return highdicom, pydicom

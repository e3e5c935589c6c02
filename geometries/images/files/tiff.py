"""TIFF stacks of a microscope, OME-TIFF and ImageJ's, by tifffile; micrometres become mm."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal
from cartflow.geometries.images.files.image import Image, require_finite, three_sizes

_NO_SIZE = (
    "it does not say how large its voxels are; write PhysicalSizeX, Y and Z (OME-TIFF), or spacing "
    "and unit with a resolution (ImageJ)"
)
# A document type could name other files, or grow.
_LONGEST = 10_000_000


def read_tiff(path: Path) -> Image:
    """Return the 3-D image in a TIFF stack (z, y, x): i, j, k run along its x, y, z from 0.

    Raises `InputError` without the extra `images`, or without the size of a voxel.
    """
    try:
        import tifffile
    except ImportError:
        msg = "needs tifffile; install cartflow[images]"
        raise InputError(msg) from None
    # Series of Micro-Manager are gathered from whatever lies in the folder.
    with tifffile.TiffFile(path, is_mmstack=False, is_ndtiff=False) as file:
        _refuse_other_files(file.ome_metadata, path.name)
        series = file.series[0]
        sizes = dict(zip(series.axes, series.shape, strict=True))
        others = {a: n for a, n in sizes.items() if a not in "ZYXQI" and n != 1}
        depth = [a for a in "ZQI" if sizes.get(a, 1) > 1]
        if others or len(depth) > 1 or not {"Y", "X"} <= set(sizes):
            msg = f"its axes are {series.axes} of sizes {series.shape}; needed are Z, Y and X"
            raise InputError(msg)
        shape = three_sizes([sizes["X"], sizes["Y"], sizes[depth[0]] if depth else 1])
        spacing = _ome(file.ome_metadata) or _imagej(file)
        data: NDArray[Any] = series.asarray().reshape(shape[::-1])
    affine = np.diag([*spacing, 1.0])
    require_finite(affine)
    note = "a microscope's stack has no patient; x, y and z run along its columns, rows and planes"
    return Image(stored=data.T, affine=affine, notes=(note,))


def _parsed(text: str) -> ElementTree.Element:
    if len(text) > _LONGEST or "<!" in text.replace("<!--", ""):
        raise InputError("its OME-XML is too long, or has a document type")
    return ElementTree.fromstring(text)


def _refuse_other_files(text: str | None, name: str) -> None:
    """Raise `InputError` where OME's XML says that planes are in another file, wherever it is.

    The library would open that without a word.
    """
    if not text:
        return
    root = _parsed(text)
    if root is None:
        return
    for part in root.findall(".//{*}UUID"):
        other = part.get("FileName", "")
        if part.text != root.get("UUID") and other != name:
            msg = f"some of its planes are in another file, '{other[:80]}'; write all into one"
            raise InputError(msg)


def _ome(text: str | None) -> list[float] | None:
    """Return the size of a voxel along x, y, z (mm) in OME's XML, if it is there."""
    pixels = _parsed(text).find(".//{*}Pixels") if text else None
    if pixels is None or pixels.get("PhysicalSizeX") is None:
        return None
    sizes = []
    for axis in "XYZ":
        size = pixels.get(f"PhysicalSize{axis}")
        if size is None and (axis != "Z" or pixels.get("SizeZ") != "1"):
            raise InputError(_NO_SIZE)
        unit = pixels.get(f"PhysicalSize{axis}Unit", "µm")
        sizes.append(to_internal(f"{size or 1} {unit}", "mm"))
    return sizes


def _imagej(file: Any) -> list[float]:
    """Return the size of a voxel along x, y, z (mm) as ImageJ writes it. Raises `InputError`."""
    about = file.imagej_metadata or {}
    tags = file.pages[0].tags
    unit = str(about.get("unit", "")).replace("\\u00B5", "µ")
    unit = {"micron": "µm", "microns": "µm", "um": "µm"}.get(unit, unit)
    if unit in {"", "pixel", "pixels"} or "spacing" not in about or "XResolution" not in tags:
        raise InputError(_NO_SIZE)
    steps = []
    for name in ("XResolution", "YResolution"):
        above, below = tags[name].value
        if not above:
            raise InputError(_NO_SIZE)
        steps.append(below / above)
    return [to_internal(f"{step!r} {unit}", "mm") for step in (*steps, float(about["spacing"]))]

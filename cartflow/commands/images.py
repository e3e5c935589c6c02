"""What is in an image file, and what cartflow would make of it, as rows of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.label_values import parts_of, present_labels
from cartflow.geometries.images.labels import MOST_UNNAMED
from cartflow.geometries.images.naming import BRATS
from cartflow.geometries.images.reading import read_image

_AXES = (("left", "right"), ("posterior", "anterior"), ("inferior", "superior"))


def image_rows(path: Path) -> list[list[str]]:
    """Return (what, value) rows: voxels, axes, place, values, segments, and how to use it.

    Raises `InputError` for what is not read.
    """
    image = read_image(path)
    spacing = np.linalg.norm(image.affine[:3, :3], axis=0)
    volume = abs(float(np.linalg.det(image.affine[:3, :3])))
    rows = [
        [
            "voxels",
            " x ".join(map(str, image.stored.shape)) + f" (i, j, k) of {image.stored.dtype}",
        ],
        ["spacing", " x ".join(f"{s:.6g}" for s in spacing) + f" mm, {volume:.6g} mm3 a voxel"],
        *[[f"axis {n}", _direction(image.affine[:3, a])] for a, n in enumerate("ijk")],
        ["place", _place(image)],
        *_content(image, volume),
    ]
    return [*rows, *[["note", note] for note in image.notes]]


def _direction(column: np.ndarray) -> str:
    """Return whither an axis runs in the patient, with the angle if it is oblique."""
    unit = column / np.linalg.norm(column)
    axis = int(np.argmax(np.abs(unit)))
    name = _AXES[axis][int(unit[axis] > 0)]
    angle = float(np.degrees(np.arccos(min(abs(unit[axis]), 1.0))))
    return f"towards {name}" + (f", {angle:.3g} degrees off" if angle > 0.01 else "")


def _place(image: Image) -> str:
    corners = np.array(list(np.ndindex(2, 2, 2))) * np.array(image.stored.shape) - 0.5
    world = corners @ image.affine[:3, :3].T + image.affine[:3, 3]
    sides = zip("xyz", world.min(axis=0), world.max(axis=0), strict=True)
    return ", ".join(f"{n} {low:.6g} to {high:.6g}" for n, low, high in sides) + " mm (RAS)"


def _content(image: Image, volume: float) -> list[list[str]]:
    """Return the labels with their volumes, or of other images the range of values."""
    try:
        labels = present_labels(image)
        if image.names is None and len(labels) > MOST_UNNAMED:
            raise InputError("grey")
    except InputError:
        return _values(image)
    names = {label: name for name, label in (image.names or {}).items()}
    counts = _counts(image, labels)
    rows = [
        [
            f"segment {names[label]}" if label in names else f"label {label}",
            f"{counts[label] * volume:.6g} mm3 in {counts[label]} voxels, centre "
            + _centre(image, label),
        ]
        for label in labels
    ]
    return [*rows, ["use", _mask_use(labels, names)]]


def _counts(image: Image, labels: list[int]) -> dict[int, int]:
    counts = dict.fromkeys(labels, 0)
    for part in parts_of(image.stored):
        values, numbers = np.unique(np.rint(image.scaled(image.stored[part])), return_counts=True)
        for value, number in zip(values, numbers, strict=True):
            if int(value) in counts:
                counts[int(value)] += int(number)
    return counts


def _centre(image: Image, label: int) -> str:
    index = np.argwhere(np.rint(image.labels) == label).mean(axis=0)
    world = image.affine[:3, :3] @ index + image.affine[:3, 3]
    return "(" + ", ".join(f"{v:.5g}" for v in world) + ") mm"


def _mask_use(labels: list[int], names: dict[int, str]) -> str:
    if not labels:
        return "none as a mask: there is no label but 0"
    if names:
        return f"a mask with the regions {', '.join(names[n] for n in labels if n in names)}"
    fits = [
        n for n, m in BRATS.items() if set(labels) <= {*m.values(), *([4] * n.endswith("2024"))}
    ]
    hint = f"; by its labels it may be of {', '.join(fits)} (labels = ...)" if fits else ""
    return f"a mask with the regions {', '.join(f'label_{n}' for n in labels)}{hint}"


def _values(image: Image) -> list[list[str]]:
    low, high, missing = np.inf, -np.inf, 0
    for part in parts_of(image.stored):
        values = np.asarray(image.scaled(image.stored[part]), dtype=float)
        finite = values[np.isfinite(values)]
        missing += values.size - finite.size
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    span = f"{low:.6g} to {high:.6g}" if low <= high else "none that is finite"
    without = f", {missing} voxels without" if missing else ""
    shares = low >= -1e-3 and high <= 1.0 + 1e-3
    use = "a number in space, { image = ..., unit = ... }"
    also = ", or shares of voxels: partial_volume = true, grey or white matter" if shares else ""
    return [["values", span + without], ["use", use + also]]

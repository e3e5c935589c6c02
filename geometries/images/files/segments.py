"""Segments by name, in layers that may overlap, as one label image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError

_MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One segment: its name, and the value that its voxels have in its layer."""

    name: str
    layer: int
    value: int


def segments(fields: Mapping[str, Any]) -> list[Segment]:
    """Return the segments that the header of a 3D Slicer segmentation lists, if it is one.

    Raises `InputError` where it does not say which voxels are a segment's.
    """
    found: list[Segment] = []
    for number in count():
        if f"Segment{number}_ID" not in fields:
            return found
        if number >= _MOST:
            msg = f"the header lists more than {_MOST} segments"
            raise InputError(msg)
        name = str(fields.get(f"Segment{number}_Name", fields[f"Segment{number}_ID"]))
        for key in ("LabelValue", "Layer"):
            if not re.fullmatch(r"\d{1,9}", str(fields.get(f"Segment{number}_{key}", ""))):
                msg = (
                    f"segment '{name}': the header has no 'Segment{number}_{key}'; save it again "
                    "with 3D Slicer 4.11 or later"
                )
                raise InputError(msg)
        found.append(
            Segment(
                name=name,
                layer=int(fields[f"Segment{number}_Layer"]),
                value=int(fields[f"Segment{number}_LabelValue"]),
            )
        )
    raise AssertionError


def combined(
    layers: NDArray[Any], found: Sequence[Segment]
) -> tuple[NDArray[np.uint16], dict[str, int], tuple[str, ...]]:
    """Return one label image, 1 for the first segment and so on, with names and a note.

    `layers` (layer, i, j, k). Where segments overlap the later one holds, and the note says in how
    many voxels. Raises `InputError` for a segment whose layer is not there.
    """
    codes = np.zeros(layers.shape[1:], dtype=np.uint16, order="F")
    overlapping = 0
    for code, segment in enumerate(found, 1):
        if segment.layer >= len(layers):
            msg = f"segment '{segment.name}' is in layer {segment.layer}; there are {len(layers)}"
            raise InputError(msg)
        inside = layers[segment.layer] == segment.value
        overlapping += int(np.count_nonzero(codes[inside]))
        codes[inside] = code
    note = f"segments overlap in {overlapping} voxels, where the later one holds"
    return codes, _named([s.name for s in found]), (note,) if overlapping else ()


def _named(names: Sequence[str]) -> dict[str, int]:
    """Return names that regions may have, each once, with the labels of their segments."""
    found: dict[str, int] = {}
    for code, name in enumerate(names, 1):
        plain = re.sub(r"\W+", "_", name).strip("_") or f"segment_{code}"
        plain = plain if plain not in {*found, "all"} else f"{plain}_{code}"
        found[plain] = code
    return found

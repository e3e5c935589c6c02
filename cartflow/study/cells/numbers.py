"""Below which numbers the cells of a study's fields are single ones, and in what regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cartflow.cells.hybrid.thresholds import Threshold
from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal
from cartflow.geometries.geometry import Geometry
from cartflow.study.tables.fields import FieldTable

OF_NUMBERS = ("threshold", "threshold_per")
_LEAST = 1.0


def require_threshold(name: str, item: Mapping[str, object], file: str) -> None:
    """Raise `InputError` unless a field's table has a threshold where it needs one, and only there.

    It is the table as it stands in the file.
    """
    where = f"{file}: fields.{name}"
    if item.get("as") != "cells_below":
        for key in OF_NUMBERS:
            if key in item:
                msg = f"{where}.{key}: only with as = 'cells_below'"
                raise InputError(msg)
    elif "threshold" not in item:
        msg = f"{where}: key 'threshold' is missing, below which number its cells are single ones"
        raise InputError(msg + ", as threshold = '50 cells'")


def thresholds_of(
    kinds: Sequence[str], fields: Mapping[str, FieldTable], geometry: Geometry
) -> tuple[Threshold | None, ...]:
    """Return the threshold of each kind, none for those that are single cells always."""
    return tuple(_threshold(name, fields[name], geometry) for name in kinds)


def _threshold(name: str, table: FieldTable, geometry: Geometry) -> Threshold | None:
    if table.form != "cells_below":
        return None
    assert table.threshold is not None
    value = table.threshold.value
    if value < _LEAST:
        msg = f"fields.{name}.threshold: {value:g} cells; allowed: 1 or more"
        raise InputError(msg)
    group = _groups(table.threshold_per, geometry, f"fields.{name}.threshold_per")
    return Threshold(cells=np.full(geometry.size, value), group=group)


def _groups(text: str, geometry: Geometry, where: str) -> np.ndarray:
    """Return the number of each mesh cell's region: its own, that of a cube, or of the tumour."""
    if text == "mesh_cell":
        return np.arange(geometry.size)
    if text == "tumour":
        return np.zeros(geometry.size, dtype=np.int64)
    try:
        length = to_internal(text, "mm")
    except InputError:
        msg = f"{where}: '{text}'; allowed: mesh_cell, tumour, or a length, as '200 um'"
        raise InputError(msg) from None
    if not length > 0.0:
        msg = f"{where}: '{text}' must be above 0"
        raise InputError(msg)
    centres = geometry.centres.reshape(geometry.size, -1)
    places = np.floor((centres - centres.min(axis=0)) / length).astype(np.int64)
    return np.unique(places, axis=0, return_inverse=True)[1].reshape(-1)

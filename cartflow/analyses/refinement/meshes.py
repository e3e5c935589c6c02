"""What a study says on meshes twice, four times ... as fine as its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.study.tables.geometry import (
    BoxTable,
    EllipsoidTable,
    MaskTable,
    MeshTable,
    PhantomTable,
    RowTable,
    Shape,
)


def finer(table: Shape, times: int) -> dict[str, Any]:
    """Return the settings that make the mesh `times` as fine (1, 2, 4, ...).

    Rows and boxes get more cells, an ellipsoid smaller voxels; the voxels of a mask or phantom are
    split, so that its shape stays, after blocks of voxels have been taken apart. Raises
    `InputError` where blocks cannot be halved.
    """
    if times == 1:
        return {}
    if isinstance(table, RowTable):
        return {"geometry.cells": table.cells * times}
    if isinstance(table, BoxTable):
        return {"geometry.cells": [n * times for n in table.cells]}
    if isinstance(table, EllipsoidTable):
        return {"geometry.spacing": f"{table.spacing.value / times!r} mm"}
    if isinstance(table, MeshTable):
        msg = (
            f"refine: geometry.file = {table.file}: cells of a mesh file are not split; make finer "
            "files and compare their runs"
        )
        raise InputError(msg)
    assert isinstance(table, MaskTable | PhantomTable)
    return _voxels(table, times)


def _voxels(table: MaskTable | PhantomTable, times: int) -> dict[str, Any]:
    coarsen = table.coarsen if isinstance(table, MaskTable) else 1
    factors = tuple(coarsen) if isinstance(coarsen, Sequence) else (coarsen,) * 3
    if all(f % times == 0 for f in factors):
        return {"geometry.coarsen": [f // times for f in factors]}
    if len(set(factors)) > 1 or times % factors[0]:
        msg = (
            f"refine: geometry.coarsen = {coarsen} cannot be halved so often; "
            "set it to 1, 2, 4 or 8"
        )
        raise InputError(msg)
    split = {"geometry.split": table.split * (times // factors[0])}
    return split if factors[0] == 1 else {**split, "geometry.coarsen": 1}

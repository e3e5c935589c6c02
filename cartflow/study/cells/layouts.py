"""Where the cells of a study's fields are at the start, if their density does not say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cartflow.cells.layout import Layout
from cartflow.cells.room.row import is_row
from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.study.stated import value_of
from cartflow.study.tables.cells import StartTable
from cartflow.study.tables.fields import FieldTable


def layouts_of(
    kinds: Sequence[str], fields: Mapping[str, FieldTable], geometry: Geometry
) -> tuple[Layout | None, ...]:
    """Return the layout of each kind, none for those that begin by their density.

    Raises `InputError` where a start contradicts itself, or the geometry has no middle.
    """
    found: list[Layout | None] = []
    for name in kinds:
        field, table = fields[name], fields[name].start
        if table is not None:
            _require_one_start(field, geometry, f"fields.{name}")
            _require_shell(table, f"fields.{name}.start")
        found.append(None if table is None else _layout(field, table, f"fields.{name}.start"))
    return tuple(found)


def require_no_layout(name: str, fields: Mapping[str, FieldTable]) -> None:
    """Raise `InputError` for a start in arrays of a field whose cells are laid out otherwise."""
    if name in fields and fields[name].start is not None:
        msg = f"with_field: initial has no effect beside fields.{name}.start; leave that out"
        raise InputError(msg)


def _layout(field: FieldTable, table: StartTable, where: str) -> Layout:
    spacing = value_of(table.spacing, 2.0 * value_of(field.radius, 0.0))
    if table.lattice is not None and spacing == 0.0:
        msg = f"{where}: key 'spacing' is missing, since cells have no radius"
        raise InputError(msg)
    return Layout(
        within=value_of(table.within, np.inf),
        beyond=value_of(table.beyond, 0.0),
        number=table.number or 0,
        lattice=table.lattice,
        spacing=spacing,
    )


def _require_one_start(field: FieldTable, geometry: Geometry, where: str) -> None:
    if field.initial is not None:
        msg = f"{where}.initial: has no effect beside start; give one of the two"
        raise InputError(msg)
    if is_row(geometry) and geometry.name not in ("ball", "hollow ball"):
        msg = f"{where}.start: cells of a {geometry.name} have no place along its faces; take a "
        raise InputError(msg + "ball, a box or a mask")
    lattice = field.start is not None and field.start.lattice is not None
    if lattice and not is_row(geometry) and (len(geometry.dims) < 3 or geometry.flat):
        msg = f"{where}.start.lattice: only in three dimensions"
        raise InputError(msg)


def _require_shell(table: StartTable, where: str) -> None:
    if (table.number is None) == (table.lattice is None):
        msg = f"{where}: give number, of cells anywhere, or lattice, and not both"
        raise InputError(msg)
    if table.lattice is None and table.spacing is not None:
        msg = f"{where}.spacing: only with lattice"
        raise InputError(msg)
    if table.lattice is not None and table.within is None:
        msg = f"{where}: key 'within' is missing, the radius of the ball that the lattice fills"
        raise InputError(msg)
    if value_of(table.beyond, 0.0) >= value_of(table.within, np.inf):
        msg = f"{where}.beyond: must be below within"
        raise InputError(msg)

"""What a study shares with one that differs in some numbers only."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from cartflow.study.composition import Composition

C = TypeVar("C", bound=Composition)


def with_shared_parts(new: C, base: Composition) -> C:
    """Return `new`, with the parts of `base` that its own would equal; they are not made anew."""
    parts = vars(new)
    parts["models"] = replace(base.models, table=new.table)
    if new.table.geometry is not None and new.table.geometry == base.table.geometry:
        parts["geometry"] = base.geometry
    same_body = new.other_body is base.other_body and new.table.body == base.table.body
    if same_body and new.table.body is not None:
        parts["body"] = base.body
    ways, own = new.table.trafficking, base.table.trafficking
    same_ways = ways is not None and own is not None and ways.name == own.name
    if same_ways and new.other_trafficking is base.other_trafficking:
        parts["trafficking"] = base.trafficking
    if new.table.tumours.keys() == base.table.tumours.keys() and "geometries" in vars(base):
        several, known = new.table.tumours, base.table.tumours
        if all(several[name].geometry == known[name].geometry for name in several):
            parts["geometries"] = base.geometries
    return new

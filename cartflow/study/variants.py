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
    if new.table.kinetics == base.table.kinetics and "tumour" in vars(base.models):
        vars(parts["models"])["tumour"] = base.models.tumour
    if "organs" in vars(base) and same_body and same_ways and _same_vessels(new, base):
        parts["organs"] = base.organs
    if new.table.tumours.keys() == base.table.tumours.keys() and "geometries" in vars(base):
        several, known = new.table.tumours, base.table.tumours
        if all(several[name].geometry == known[name].geometry for name in several):
            parts["geometries"] = base.geometries
    return new


def _same_vessels(new: Composition, base: Composition) -> bool:
    """Return whether what blood flows through is the same in one body, by one model."""
    mine, known = new.table, base.table
    if new.other_trafficking is not base.other_trafficking or mine.tumours or known.tumours:
        return False
    parts = ("geometry", "trafficking", "tumour")
    same = all(getattr(mine, part) == getattr(known, part) for part in parts)
    return same and new.cavities() == base.cavities()

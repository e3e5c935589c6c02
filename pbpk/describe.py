"""Bodies and trafficking models as rows to read."""

from __future__ import annotations

from typing import NamedTuple

from cartflow.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.record import body_parameters, trafficking_parameters
from cartflow.pbpk.trafficking import Trafficking
from cartflow.units import split


class Row(NamedTuple):
    """One number: value and unit as the file states them, its source and standing."""

    organ: str
    quantity: str
    value: float
    unit: str
    source: str
    standing: str
    note: str


def describe(noun: Body | Trafficking) -> list[Row]:
    """Return a row for every number of a body or a trafficking model, in the file's units."""
    found = body_parameters(noun) if isinstance(noun, Body) else trafficking_parameters(noun)
    return [_row(name, value) for name, value in found.items()]


def _row(name: str, value: Parameter) -> Row:
    parts = name.split(".")[1:]
    organ = parts[0] if len(parts) == 2 else ""
    number, unit = split(value.stated)
    return Row(organ, parts[-1], number, unit, value.source, value.standing, value.note)

"""Numbers of the closed forms: text with a unit or floats in the stated one, within bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, overload

from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal


@dataclass(frozen=True)
class Bounds:
    """The unit of a number and where it may lie.

    `open` leaves the least value itself out, `infinite` lets infinity in.
    """

    unit: str = "1"
    least: float = -math.inf
    most: float = math.inf
    open: bool = False
    infinite: bool = False

    def read(self, value: Any, name: str) -> float:
        """Return `value` in the unit; raise `InputError` naming `name` where it is none of it."""
        if self.infinite and value == math.inf:
            return math.inf
        try:
            plain = isinstance(value, Real) and not isinstance(value, bool)
            found = to_internal(value, "1" if plain else self.unit)
        except InputError as error:
            msg = f"{name}: {error}"
            raise InputError(msg) from None
        if self.least <= found <= self.most and not (self.open and found == self.least):
            return found
        msg = f"{name}: got {value!r}; allowed: {self._allowed()}"
        raise InputError(msg)

    def _allowed(self) -> str:
        low = f"{'above' if self.open else 'at least'} {self.least:g}"
        both = [low] if math.isfinite(self.least) else []
        both += [f"at most {self.most:g}"] if math.isfinite(self.most) else []
        unit = "" if self.unit == "1" else f" (in {self.unit})"
        return " and ".join(both) + unit


class Number:
    """A field of a frozen dataclass: set as text with a unit or a number, read as a float."""

    def __init__(self, bounds: Bounds, default: float | None = None) -> None:
        self.bounds = bounds
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> float: ...
    @overload
    def __get__(self, instance: object, owner: type) -> float: ...
    def __get__(self, instance: object | None, owner: type) -> float:
        if instance is not None:
            return float(instance.__dict__[self.name])
        # What a dataclass takes for the field's default, or for there being none.
        if self.default is None:
            raise AttributeError(self.name)
        return self.default

    def __set__(self, instance: object, value: float | str) -> None:
        instance.__dict__[self.name] = self.bounds.read(value, self.name)


POSITIVE = Bounds(least=0.0, open=True)
NOT_NEGATIVE = Bounds(least=0.0)
SHARE = Bounds(least=0.0, most=1.0)
CELLS = Bounds("cell", 0.0, open=True)
SOME_CELLS = Bounds("cell", 0.0)
RATE = Bounds("1/day", 0.0, open=True)
HAZARD = Bounds("1/day", 0.0)
DAYS = Bounds("day", 0.0)

"""Numbers of the closed forms: text with a unit or floats in the stated one, within bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.units import to_internal


@dataclass(frozen=True)
class Bounds:
    """The unit of a number and where it may lie; `open` leaves the least value itself out."""

    unit: str = "1"
    least: float = -math.inf
    most: float = math.inf
    open: bool = False

    def read(self, value: Any, name: str) -> float:
        """Return `value` in the unit; raise `InputError` naming `name` where it is none of it."""
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


PLAIN = Bounds()
POSITIVE = Bounds(least=0.0, open=True)
NOT_NEGATIVE = Bounds(least=0.0)
SHARE = Bounds(least=0.0, most=1.0)
CELLS = Bounds("cell", 0.0, open=True)
RATE = Bounds("1/day", 0.0, open=True)
DAYS = Bounds("day", 0.0)


def read_all(instance: Any, **bounds: Bounds) -> None:
    """Turn fields of a frozen dataclass into floats, each within its bounds, by their names."""
    for name in (field.name for field in fields(instance)):
        if name in bounds:
            object.__setattr__(instance, name, bounds[name].read(getattr(instance, name), name))

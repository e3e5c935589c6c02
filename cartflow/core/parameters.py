"""A number with its unit, its source, and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from cartflow.core.outcome import InputError, suggest
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit

Standing = Literal["measured", "transcribed", "derived", "assumed"]
STANDINGS: tuple[str, ...] = get_args(Standing)
Sign = Literal["not_negative", "positive", "any"]
SIGNS: tuple[str, ...] = get_args(Sign)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One number of a model: `value` in the internal `unit`, and where it comes from.

    `stated` is the text as written (``"114 1/h"``); `source` is a key of the bibliography,
    ``study`` for a value that a study states, or ``assumed``. `bounds` are the lowest and highest
    value that it may have, if it is known how well it is known. `sign` is that which other values
    in its place must have, too.
    """

    value: float
    unit: str
    stated: str
    source: str
    standing: Standing
    note: str = ""
    bounds: tuple[float, float] | None = None
    sign: Sign = "not_negative"

    def __float__(self) -> float:
        return self.value

    def times(self, number: float, unit: str, note: str) -> Parameter:
        """Return this number scaled, in the internal unit of `unit`, as a derived one."""
        value = self.value * number
        unit = internal_unit(unit)
        standing: Standing = "assumed" if self.standing == "assumed" else "derived"
        stated = f"{value:g} {unit}"
        bounds = None if self.bounds is None else (self.bounds[0] * number, self.bounds[1] * number)
        return replace(
            self,
            value=value,
            unit=unit,
            stated=stated,
            standing=standing,
            note=note,
            bounds=bounds,
        )


def signed(number: Parameter, sign: Sign) -> Parameter:
    """Return `number` as one of `sign`; raise `InputError` where it or its range is not."""
    lowest = number.value if number.bounds is None else min(number.value, number.bounds[0])
    what = f"'{number.stated}'" if number.value <= lowest else f"the range of '{number.stated}'"
    if sign != "any" and lowest < 0:
        msg = f"{what} is below 0"
        raise InputError(msg)
    if sign == "positive" and lowest == 0:
        msg = f"{what} must be greater than 0"
        raise InputError(msg)
    return replace(number, sign=sign)


def parameter(quantity: Any, like: str, *, source: str = "study") -> Parameter:
    """Return a `Parameter` with the dimension of `like` from text, a number, or a table.

    A table has `value`, `source`, `standing` and, if wanted, `note` and `range` = [low, high]. A
    bare quantity takes `source` and stands as assumed. Raises `InputError` on a wrong dimension
    or standing, and on a range that does not hold the value.
    """
    if isinstance(quantity, Parameter):
        to_internal(f"1 {quantity.unit}", like)
        return quantity
    if not isinstance(quantity, dict):
        if not source:
            form = "{ value = ..., source = ..., standing = ... }"
            msg = f"{quantity!r} has no source; write {form}"
            raise InputError(msg)
        return _build(quantity, like, source=source, standing="assumed", note="")
    allowed = ("value", "source", "standing", "note", "range")
    unknown = sorted(set(quantity) - set(allowed))
    if unknown:
        msg = f"unknown key '{unknown[0]}'; {suggest(unknown[0], allowed)}"
        raise InputError(msg)
    for key in ("value", "source", "standing"):
        if key not in quantity:
            msg = f"key '{key}' is missing in {quantity}"
            raise InputError(msg)
    if quantity["standing"] not in STANDINGS:
        msg = f"standing '{quantity['standing']}'; {suggest(str(quantity['standing']), STANDINGS)}"
        raise InputError(msg)
    built = _build(
        quantity["value"],
        like,
        source=str(quantity["source"]),
        standing=quantity["standing"],
        note=str(quantity.get("note", "")),
    )
    if "range" not in quantity:
        return built
    return replace(built, bounds=_bounds(quantity["range"], like, built))


def _bounds(given: Any, like: str, around: Parameter) -> tuple[float, float]:
    """Return the lowest and highest value of a range that holds the value `around`."""
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        msg = f"range {given!r} must be a list of the lowest and the highest value"
        raise InputError(msg)
    low, high = (to_internal(bound, like) for bound in given)
    if not low <= around.value <= high:
        msg = f"range {given[0]} to {given[1]} does not hold the value {around.stated}"
        raise InputError(msg)
    return low, high


def _build(quantity: Any, like: str, *, source: str, standing: Standing, note: str) -> Parameter:
    return Parameter(
        value=to_internal(quantity, like),
        unit=internal_unit(like),
        stated=str(quantity),
        source=source,
        standing=standing,
        note=note,
    )

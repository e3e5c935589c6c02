"""Conversion to mm, day, cell and ng: once, at the door."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.units.dimensions import dimension_name, fits, internal_unit
from cartflow.core.units.fractions import decimal, fraction_near
from cartflow.core.units.parsing import (
    as_plain,
    dimensionality,
    parse_unit,
    power_and_unit,
    registry,
)
from cartflow.core.units.quantities import number_and_unit

# What conversions by floats may be off by, relatively: some of their last digits.
_ROUND_OFF = 1e-15
_PLAIN = "is a plain number"


@cache
def factor(unit: str) -> Fraction:
    """Return what a value in `unit` is multiplied with to stand in internal units.

    >>> factor("10^6 cells/mL")
    Fraction(1000, 1)
    """
    power, rest = power_and_unit(unit)
    if power:
        return Fraction(10) ** power * factor(rest or "1")
    if (plain := as_plain(unit)) is not None:
        return plain.factor
    like = parse_unit(internal_unit(unit))
    one, two = (float(registry().Quantity(n, parse_unit(unit)).to(like).m) for n in (1.0, 2.0))
    if not math.isclose(two, 2.0 * one):
        msg = f"'{unit}' is not a unit to multiply with"
        raise InputError(msg)
    near = fraction_near(one, lambda near: abs(near - Fraction(one)) <= _ROUND_OFF * one)
    return Fraction(one) if near is None else near


def to_internal(quantity: Any, like: str) -> float:
    """Return `quantity` (text, number or pint quantity) in the internal unit of `like`.

    Raises `InputError` on a wrong dimension, nan or infinity. Where cells per volume or mass are
    needed, a bare count per volume or mass is one of cells.

    >>> to_internal("0.0013 cm^2/day", like="mm^2/day")
    0.13
    """
    return _text_converted(quantity, like) if type(quantity) is str else _converted(quantity, like)


def _converted(quantity: Any, like: str) -> float:
    number, unit = number_and_unit(quantity)
    if not math.isfinite(number):
        msg = f"{quantity} is not a finite number"
        raise InputError(msg)
    if not fits(unit, like):
        own = f"has the dimension {dimension_name(unit)}" if dimensionality(unit) else _PLAIN
        example = "1" if like == "1" else f"1 {like}"
        msg = f"'{quantity}' {own}, but {dimension_name(like)} is needed (such as '{example}')"
        raise InputError(msg)
    try:
        # In fractions, so that 10080 minutes are 7 days, and not a little less.
        return float(decimal(number) * factor(unit))
    except OverflowError:
        msg = f"{quantity} is too large in {internal_unit(like)}"
        raise InputError(msg) from None


_text_converted = lru_cache(maxsize=4096)(_converted)

"""Quantities as users give them: a number and its unit."""

from __future__ import annotations

import re
from numbers import Real
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.units.powers_of_ten import POWER_OF_TEN, RAISED, TIMES

_NUMBER = re.compile(
    r"\s*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+|nan|inf(?:inity)?)(?:[eE][-+]?[0-9]+)?)\s*(.*)", re.I
)
# As papers write numbers: 10^6, 3x10^6, 3·10⁻⁴.
_TENS = re.compile(rf"\s*([-+]?)(?:([0-9]+\.?[0-9]*|\.[0-9]+){TIMES})?10(?:{POWER_OF_TEN})\s*(.*)")
# Longer texts are no quantities, and would keep the parsers busy.
_LONGEST = 200


def split(text: str) -> tuple[float, str]:
    """Split ``"0.0013 cm^2/day"`` or ``"3x10^6 cells"`` into its number and its unit."""
    if len(text) <= _LONGEST and (tens := _TENS.fullmatch(text)) is not None:
        sign, factor_of_ten, power, raised, unit = tens.groups()
        exponent = (power or raised).translate(RAISED)
        return float(f"{sign}{factor_of_ten or 1}e{exponent}"), unit.strip() or "1"
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        msg = f"'{text}' is not a number with a unit, such as '5 mm'"
        raise InputError(msg)
    return float(match[1]), match[2].strip() or "1"


def number_and_unit(quantity: Any) -> tuple[float, str]:
    """Return the number and the unit of text, a number or a pint quantity."""
    if isinstance(quantity, str):
        return split(quantity)
    if isinstance(quantity, bool):
        msg = f"{quantity} is not a quantity"
        raise InputError(msg)
    try:
        if isinstance(quantity, Real):
            return float(quantity), "1"
        if hasattr(quantity, "magnitude") and hasattr(quantity, "units"):
            return float(quantity.magnitude), f"{quantity.units:C}".replace("**", "^")
    except OverflowError:
        raise InputError("the number is too large") from None
    except TypeError as error:
        msg = f"{quantity!r} is not a quantity ({error})"
        raise InputError(msg) from None
    msg = f"{quantity!r} is not a quantity"
    raise InputError(msg)

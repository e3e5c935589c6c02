"""Units: mm, day, cell and ng inside; conversion once, at the door."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Any

from cartflow.core.outcome import InputError
from cartflow.core.plain_units import PlainUnit, plain_unit
from cartflow.core.unit_powers import POWER_OF_TEN, RAISED, TIMES, parted

if TYPE_CHECKING:
    import pint

_BASE = {
    "[length]": "mm",
    "[time]": "day",
    "[cell]": "cell",
    "[mass]": "ng",
    "[substance]": "nmol",
    "[absorbed_dose]": "Gy",
}
_BASE_ORDER = ("ng", "nmol", "cell", "mm", "day", "Gy")
_NAMES = {
    "[length]": "length",
    "[time]": "time",
    "[cell]": "cells",
    "[mass]": "mass",
    "[substance]": "amount of substance",
    "[absorbed_dose]": "absorbed dose",
    "[injected_dose]": "injected dose",
}
_NUMBER = re.compile(
    r"\s*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+|nan|inf(?:inity)?)(?:[eE][-+]?[0-9]+)?)\s*(.*)", re.I
)
# As papers write numbers: 10^6, 3x10^6, 3·10⁻⁴.
_TENS = re.compile(rf"\s*([-+]?)(?:([0-9]+\.?[0-9]*|\.[0-9]+){TIMES})?10(?:{POWER_OF_TEN})\s*(.*)")
# Not energy per mass, by which pint takes a dose of radiation for a squared speed.
_DOSE, _GRAY = re.compile(r"(?:Gy|gray)(?![A-Za-z])"), "absorbed_gray"
# A unit is letters, digits, and the signs of multiplication; exponents have one or two digits.
# UDUNITS writes a power without a sign, as results do: mm2 day-1.
_POWER = re.compile(r"([A-Za-zµ])(-?\d)")
_SUPERSCRIPT = re.compile(r"(?<=[A-Za-zµ])⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]")
# Percent of the injected dose (or activity), as biodistributions have it: no plain percent.
_SHARE, _SHARE_OF_DOSE = re.compile(r"%\s*I[AD](?![A-Za-z])"), "percent_of_dose"
_TOWER = re.compile(r"\d\d|__|(?:\*\*|\^)[^A-Za-z]*(?:\*\*|\^)")
_UNIT = re.compile(r"[A-Za-z\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}%0-9*/^() ·.-]{1,80}")
# What conversions by floats may be off by, relatively: some of their last digits.
_ROUND_OFF = 1e-15
_MOST_DIGITS = 6  # of a denominator; fractions with more lie near any number
# Longer texts are no quantities, and would keep the parsers busy.
_LONGEST = 200


@cache
def registry() -> pint.UnitRegistry[Any]:
    """Return the one pint registry, which knows ``cell`` and ``Gy`` as dimensions of their own."""
    import pint

    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    ureg.define("cell = [cell]")
    ureg.define(f"{_GRAY} = [absorbed_dose]")
    ureg.define("injected_dose = [injected_dose]")
    ureg.define(f"{_SHARE_OF_DOSE} = 0.01 injected_dose")
    return ureg


@cache
def parse_unit(text: str) -> pint.Unit:
    """Return the unit written in `text`; raise `InputError` if it is none.

    Only products, quotients and small powers of named units are read; ``mm2`` and ``mm-3`` are
    powers, too. A power of ten before it is no part of it (see `factor`).
    """
    text = _with_powers(_parted(text)[1])
    if text in {"", "1"}:
        return registry().Unit("")
    if not _UNIT.fullmatch(text) or _TOWER.search(text):
        msg = f"'{text}' is not a unit"
        raise InputError(msg)
    try:
        return registry().parse_units(_as_pint_has_it(text))
    except Exception as error:
        msg = f"'{text}' is not a unit ({error})"
        raise InputError(msg) from None


_parted = cache(parted)


def _as_pint_has_it(text: str) -> str:
    return _DOSE.sub(_GRAY, _SHARE.sub(_SHARE_OF_DOSE, text.replace("·", "*")))


def _with_powers(text: str) -> str:
    text = _SUPERSCRIPT.sub(lambda found: found[0].translate(RAISED), text.strip())
    text = _POWER.sub(r"\1^\2", text)
    return f"1{text}" if text.startswith("/") else text


@cache
def _plain(unit: str) -> PlainUnit | None:
    return plain_unit(_with_powers(_parted(unit)[1]) or "1")


def dimensionality(unit: str) -> Mapping[str, Any]:
    """Return the powers of the dimensions of `unit`, without pint where it is a plain one."""
    plain = _plain(unit)
    return parse_unit(unit).dimensionality if plain is None else plain.dimensionality


@cache
def internal_unit(unit: str) -> str:
    """Return the unit in mm, day, cell and ng that has the dimension of `unit`.

    >>> internal_unit("mL/h")
    'mm^3/day'
    """
    powers = {}
    for dimension, power in dimensionality(unit).items():
        if dimension == "[injected_dose]":
            msg = f"'{unit}' is a share of the injected dose; multiply by the dose and give cells"
            raise InputError(msg)
        if dimension not in _BASE:
            msg = f"'{unit}' has the dimension {dimension}, which cartflow does not use"
            raise InputError(msg)
        powers[_BASE[dimension]] = power
    return compose({base: powers.get(base, 0) for base in _BASE_ORDER})


def compose(powers: Mapping[str, Any]) -> str:
    """Return a product of named powers as text, in their order; ``1`` for an empty one.

    >>> compose({"cell": 1, "mm": -3, "day": -1})
    'cell/mm^3/day'
    """
    up = [_power(name, p) for name, p in powers.items() if p > 0]
    down = [_power(name, -p) for name, p in powers.items() if p < 0]
    return "/".join(["*".join(up) or "1", *down])


def _power(base: str, exponent: float) -> str:
    return base if exponent == 1 else f"{base}^{exponent:g}"


def dimension_name(unit: str) -> str:
    """Return the dimension of `unit` in words, such as ``length^2/time``."""
    powers: dict[str, Any] = {
        _NAMES.get(d, d.strip("[]")): p for d, p in dimensionality(unit).items()
    }
    return compose(powers) if powers else "a plain number"


def rational(value: float) -> Fraction:
    """Return the number that a float stands for: a fraction of few digits, or its decimal.

    It rounds to `value` again. Sums and multiples of times are taken so, and rounded once.

    >>> rational(0.1) * 3, rational(1 / 1440)
    (Fraction(3, 10), Fraction(1, 1440))
    """
    near = _fraction(value, lambda near: float(near) == value)
    return Fraction(repr(float(value))) if near is None else near


def _fraction(value: float, fits: Callable[[Fraction], bool]) -> Fraction | None:
    """Return the first fraction near `value` that fits, or None where all are long."""
    exact = Fraction(value)
    small = 0 < abs(exact) < 1
    for digits in range(_MOST_DIGITS + 1):
        near = (1 / exact if small else exact).limit_denominator(10**digits)
        near = 1 / near if small else near
        if fits(near):
            return near
    return None


@cache
def factor(unit: str) -> Fraction:
    """Return what a value in `unit` is multiplied with to stand in internal units.

    >>> factor("10^6 cells/mL")
    Fraction(1000, 1)
    """
    power, rest = _parted(unit)
    if power:
        return Fraction(10) ** power * factor(rest or "1")
    if (plain := _plain(unit)) is not None:
        return plain.factor
    like = parse_unit(internal_unit(unit))
    one, two = (float(registry().Quantity(n, parse_unit(unit)).to(like).m) for n in (1.0, 2.0))
    if not math.isclose(two, 2.0 * one):
        msg = f"'{unit}' is not a unit to multiply with"
        raise InputError(msg)
    near = _fraction(one, lambda near: abs(near - Fraction(one)) <= _ROUND_OFF * one)
    return Fraction(one) if near is None else near


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


def to_internal(quantity: Any, like: str) -> float:
    """Return `quantity` (text, number or pint quantity) in the internal unit of `like`.

    Raises `InputError` on a wrong dimension, nan or infinity. Where cells per volume or mass are
    needed, a bare count per volume or mass is one of cells.

    >>> to_internal("0.0013 cm^2/day", like="mm^2/day")
    0.13
    """
    return _text_converted(quantity, like) if type(quantity) is str else _converted(quantity, like)


def _converted(quantity: Any, like: str) -> float:
    number, unit = _number_and_unit(quantity)
    if not math.isfinite(number):
        msg = f"{quantity} is not a finite number"
        raise InputError(msg)
    if not fits(unit, like):
        msg = (
            f"'{quantity}' has the dimension {dimension_name(unit)}, "
            f"but {dimension_name(like)} is needed (such as '1 {like}')"
        )
        raise InputError(msg)
    try:
        # In fractions, so that 10080 minutes are 7 days, and not a little less.
        return float(_decimal(number) * factor(unit))
    except OverflowError:
        msg = f"{quantity} is too large in {internal_unit(like)}"
        raise InputError(msg) from None


@cache
def fits(unit: str, like: str) -> bool:
    """Return whether `unit` has the dimension of `like`, or leaves out its cells as in 10^3/uL."""
    own, needed = dict(dimensionality(unit)), dict(dimensionality(like))
    return own == needed or (own in _COUNTS and needed == {"[cell]": 1, **own} and "%" not in unit)


_COUNTS = ({"[length]": -3}, {"[mass]": -1})
_text_converted = lru_cache(maxsize=4096)(_converted)


def _decimal(number: float) -> Fraction:
    """Return a float as the decimal number that it was written as."""
    return Fraction(repr(number))


def _number_and_unit(quantity: Any) -> tuple[float, str]:
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


@cache
def cf_unit(unit: str) -> str:
    """Return `unit` as UDUNITS reads it; a cell is a count, so it drops out.

    >>> cf_unit("cell/mm^3")
    'mm-3'
    """
    powers = dimensionality(internal_unit(unit))
    parts = [
        name if powers[d] == 1 else f"{name}{powers[d]:g}"
        for d, name in (
            ("[mass]", "ng"),
            ("[length]", "mm"),
            ("[time]", "day"),
            ("[absorbed_dose]", "Gy"),
        )
        if powers.get(d, 0)
    ]
    return " ".join(parts) or "1"


def unit_words(unit: str) -> str:
    """Return `unit` itself, not the internal one, as UDUNITS reads it; a cell drops out.

    >>> unit_words("um^2/min")
    'micrometer2 minute-1'
    """
    power, rest = _parted(unit)
    if power:
        return f"1e{power} {unit_words(rest or '1')}"
    powers = registry().Quantity(1, parse_unit(unit)).unit_items()
    parts = [f"{name}{'' if power == 1 else f'{power:g}'}" for name, power in powers]
    words = " ".join(part for part in parts if not part.startswith("cell")) or "1"
    return words.replace(_GRAY, "gray")

"""What a unit measures: its internal unit, its dimension in words, what fits what."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.units.parsing import dimensionality

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
_COUNTS = ({"[length]": -3}, {"[mass]": -1})


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


@cache
def fits(unit: str, like: str) -> bool:
    """Return whether `unit` has the dimension of `like`, or leaves out its cells as in 10^3/uL."""
    own, needed = dict(dimensionality(unit)), dict(dimensionality(like))
    return own == needed or (own in _COUNTS and needed == {"[cell]": 1, **own} and "%" not in unit)

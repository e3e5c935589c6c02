"""The units that most files use, in exact fractions, so that few runs need all that pint knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

_LENGTHS = {"nm": -6, "um": -3, "µm": -3, "mm": 0, "cm": 1, "m": 3}
_VOLUMES = {"uL": 0, "µL": 0, "mL": 3, "dL": 5, "L": 6}
_MASSES = {"pg": -3, "ng": 0, "ug": 3, "µg": 3, "mg": 6, "g": 9, "kg": 12}
_SUBSTANCES = {"pmol": -3, "nmol": 0, "umol": 3, "mmol": 6, "mol": 9}
_DAY = Fraction(1)
_TIMES = {
    ("s", "second", "seconds"): _DAY / 86_400,
    ("min", "minute", "minutes"): _DAY / 1_440,
    ("h", "hour", "hours"): _DAY / 24,
    ("day", "days"): _DAY,
    ("week", "weeks"): _DAY * 7,
}
_COUNTS = {"cell": "[cell]", "cells": "[cell]", "Gy": "[absorbed_dose]"}
_FACTOR = re.compile(r"([A-Za-zµ]+)(?:\^(-?\d))?")
_LONGEST = 80


@dataclass(frozen=True, kw_only=True)
class PlainUnit:
    """A unit: the powers of its dimensions, and what a value is multiplied with to be internal."""

    dimensionality: Mapping[str, int]
    factor: Fraction

    def times(self, other: PlainUnit, power: int) -> PlainUnit:
        """Return this unit times a power of another."""
        powers = dict(self.dimensionality)
        for name, each in other.dimensionality.items():
            powers[name] = powers.get(name, 0) + power * each
        left = {name: each for name, each in powers.items() if each}
        return PlainUnit(dimensionality=left, factor=self.factor * other.factor**power)


ONE = PlainUnit(dimensionality={}, factor=Fraction(1))


def _one(dimension: str, power: int, factor: Fraction) -> PlainUnit:
    return PlainUnit(dimensionality={dimension: power}, factor=factor)


def _decimal(places: Mapping[str, int], dimension: str, power: int = 1) -> dict[str, PlainUnit]:
    return {name: _one(dimension, power, Fraction(10) ** ten) for name, ten in places.items()}


_KNOWN = {
    **_decimal(_LENGTHS, "[length]"),
    **_decimal(_VOLUMES, "[length]", 3),
    **_decimal(_MASSES, "[mass]"),
    **_decimal(_SUBSTANCES, "[substance]"),
    **{name: _one("[time]", 1, days) for names, days in _TIMES.items() for name in names},
    **{name: _one(dimension, 1, Fraction(1)) for name, dimension in _COUNTS.items()},
}
NAMES = tuple(_KNOWN)


def plain_unit(text: str) -> PlainUnit | None:
    """Return the unit of a product or quotient of powers of the names here, None for any other.

    >>> plain_unit("um^2/min").factor
    Fraction(9, 6250)
    """
    if len(text) > _LONGEST:
        return None
    found, sign = ONE, 1
    for place, part in enumerate(re.split(r"([*/])", text.replace("**", "^"))):
        if place % 2:
            sign = 1 if part == "*" else -1
        elif place == 0 and part == "1":
            continue
        else:
            match = _FACTOR.fullmatch(part)
            if match is None or match[1] not in _KNOWN:
                return None
            found = found.times(_KNOWN[match[1]], sign * int(match[2] or 1))
    return found

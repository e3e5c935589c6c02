"""Plain units: the same as pint's, to the last digits that floats have."""

import math
import random

import pint
import pytest

from cartflow.core.units.conversion import factor
from cartflow.core.units.dimensions import internal_unit
from cartflow.core.units.parsing import parse_unit, registry
from cartflow.core.units.plain import _KNOWN, plain_unit

pytestmark = pytest.mark.lowest
SHIPPED = [
    "1/Gy^2",
    "L/mol/h",
    "cell*day/mm^3",
    "kg/mol",
    "mL/h/kg",
    "mg/kg",
    "mm^6/cell^2/day",
    "ng/mL/cell/day",
    "ng/mm^3*h",
    "pg/mL/cell^2/day",
    "um^2/s",
]


def _products() -> list[str]:
    draw = random.Random(1)
    names, powers = list(_KNOWN), ["", "", "^2", "^-1", "**2"]
    parts = [[draw.choice(names) + draw.choice(powers) for _ in range(3)] for _ in range(300)]
    made = [a + draw.choice("*/") + b + draw.choice("*/") + c for a, b, c in parts]
    # A power of two digits is nothing that pint is asked to read.
    return [text for text in made if max(_powers(text), default=0) < 10]


def _powers(text: str) -> list[int]:
    found = plain_unit(text)
    return [] if found is None else [abs(power) for power in found.dimensionality.values()]


@pytest.mark.parametrize("text", [*_KNOWN, *(f"1/{n}" for n in _KNOWN), *SHIPPED, *_products()])
def test_a_plain_unit_is_what_pint_says(text: str) -> None:
    plain = plain_unit(text)
    assert plain is not None
    unit = parse_unit(text)
    assert dict(unit.dimensionality) == plain.dimensionality
    like = parse_unit(internal_unit(text))
    theirs = float(registry().Quantity(1.0, unit).to(like).m)
    assert math.isclose(theirs, float(plain.factor), rel_tol=2e-15)


@pytest.mark.parametrize(
    ("text", "days_and_mm"),
    [
        ("um^2/min", "9/6250"),
        ("1/week", "1/7"),
        ("nm^3", "1/1000000000000000000"),
        ("m/s", "86400000"),
    ],
)
def test_factors_are_exact(text: str, days_and_mm: str) -> None:
    assert str(factor(text)) == days_and_mm


@pytest.mark.parametrize(
    "text",
    ["", "mm day", "smoot", "M", "IU/mL", "mm^", "mm^22", "mm//day", "2", "mm*", "(mm)", "/mm"],
)
def test_what_is_not_plain_is_left_to_pint(text: str) -> None:
    assert plain_unit(text) is None


def test_pint_knows_all_names_but_cells() -> None:
    ureg = pint.UnitRegistry(cache_folder=None)
    assert {name for name in _KNOWN if name not in ureg} == {"cell", "cells"}

"""Floats as the fractions that they stand for."""

from fractions import Fraction

import pint
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cartflow.core.units.conversion import to_internal
from cartflow.core.units.fractions import rational
from cartflow.core.units.quantities import split

pytestmark = pytest.mark.lowest


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1 week", "10080 min"),
        ("0.1 day", "144 min"),
        ("0.1 day", "2.4 h"),
        ("1 month", "30.4375 days"),
        ("8 h", "480 min"),
        ("8 h", "28800 s"),
    ],
)
def test_equal_times_are_one_number(first, second):
    assert to_internal(first, "day") == to_internal(second, "day")
    ureg = pint.UnitRegistry(cache_folder=None)
    number, unit = split(second)
    assert to_internal(ureg.Quantity(number, unit), "day") == to_internal(first, "day")


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1 / 1440)
@example(-0.1)
def test_a_rational_rounds_to_its_number(number):
    assert float(rational(number)) == number


def test_rationals_are_what_was_stated():
    assert rational(0.1) == Fraction(1, 10)
    assert all(rational(n / 86400) == Fraction(n, 86400) for n in range(1, 2000))
    assert rational(0.1) + rational(0.2) == rational(0.3)

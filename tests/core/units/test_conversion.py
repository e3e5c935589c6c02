"""Units: exact conversions, dimensions named, and no text that does harm."""

import math
from fractions import Fraction

import numpy as np
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import factor, to_internal
from cartflow.core.units.udunits import cf_unit, unit_words

pytestmark = pytest.mark.lowest


@pytest.mark.parametrize(
    ("text", "like", "value"),
    [
        ("0.0013 cm^2/day", "mm^2/day", 0.13),
        ("114 1/h", "1/day", 2736.0),
        ("1 cell/uL", "cell/mm^3", 1.0),
        ("1e6 cells/mL", "cell/mm^3", 1e3),
        ("1 ug/mL", "ng/mm^3", 1.0),
        ("1 pg/mL", "ng/mm^3", 1e-6),
        ("2 um^2/min", "mm^2/day", 2e-6 * 1440),
        ("0.1 um/min", "mm/day", 0.144),
        ("1 mL/h", "mm^3/day", 24_000.0),
        ("28 g", "ng", 2.8e10),
        ("5 %", "1", 0.05),
        ("3", "1", 3.0),
        ("30 min", "day", 30 / 1440),
        ("1 week", "day", 7.0),
        ("-2.5e-1 mm", "mm", -0.25),
        (".5mm", "mm", 0.5),
        ("1 mm·mm", "mm^2", 1.0),
        (3, "1", 3.0),
        (0.25, "1", 0.25),
        (np.float32(0.25), "1", 0.25),
        (np.int64(4), "1", 4.0),
        (Fraction(1, 4), "1", 0.25),
    ],
)
def test_conversion(text, like, value):
    assert to_internal(text, like) == pytest.approx(value, rel=1e-14)


def test_pint_quantities_of_any_registry():
    ureg = pint.UnitRegistry(cache_folder=None)
    assert to_internal(ureg.Quantity(0.0013, "cm**2/day"), "mm^2/day") == pytest.approx(0.13)
    assert to_internal(ureg.Quantity(2, ""), "1") == 2.0
    with pytest.raises(InputError, match="is not a quantity"):
        to_internal(ureg.Quantity(np.ones(2), "mm"), "mm")


@pytest.mark.parametrize(
    ("text", "like", "message"),
    [
        ("5 mm", "1/day", "dimension length, but 1/time is needed"),
        ("5", "mm", "'5' is a plain number, but length is needed"),
        ("7 dyas", "day", r"^'dyas' is not a unit \('dyas' is unknown; did you mean 'days'\?\)$"),
        ("5 mm", "1", "length, but a plain number is needed"),
        ("5 cell/mm^3", "1/mm^3", "cells"),
        ("nan mm", "mm", "nan mm is not a finite number"),
        ("inf mm", "mm", "inf mm is not a finite number"),
        ("-Infinity mm", "mm", "not a finite number"),
        ("1e308 km", "mm", "1e308 km is too large in mm"),
        ("1e309 mm", "mm", "not a finite number"),
        (math.nan, "1", "nan"),
        (10**400, "1", "too large"),
        pytest.param(10**5000, "1", "too large", id="longer-than-python-prints"),
        (True, "1", "True is not a quantity"),
        (None, "1", "None is not a quantity"),
        ([1], "1", "is not a quantity"),
        ({"value": 1}, "1", "is not a quantity"),
        ("five mm", "mm", "'five mm' is not a number with a unit, such as '5 mm'"),
        ("5 furlung", "mm", "'furlung' is not a unit"),
        ("5 K", "mm", "temperature"),
        ("2 1/h", "1", r"a plain number is needed \(such as '1'\)"),
        ("5 dB", "1", "'dB' is not a unit to multiply with"),
        ("5 Bq/A", "1/day", "current"),
    ],
)
def test_what_is_refused(text, like, message):
    with pytest.raises(InputError, match=message):
        to_internal(text, like)


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200),
    st.sampled_from(["um", "mm", "cm", "m"]),
)
def test_there_and_back(number, unit):
    value = to_internal(f"{number!r} {unit}", "mm")
    assert value == pytest.approx(number * factor(unit), rel=1e-15)


@pytest.mark.parametrize(("unit", "per_day"), [("min", 1440), ("s", 86400), ("h", 24)])
def test_whole_days_come_out_whole(unit, per_day):
    for days in range(1, 61):
        assert to_internal(f"{per_day * days} {unit}", "day") == days
    for number in range(1, 3000):
        assert to_internal(f"{number} {unit}", "day") == float(Fraction(number, per_day))


def test_decimals_of_other_dimensions_are_exact_too():
    assert to_internal("2 um^2/min", "mm^2/day") == 0.00288
    assert to_internal("0.1 mm/h", "mm/day") == 2.4
    assert to_internal("0.3 cm", "mm") == 3.0


def test_a_dose_of_radiation_is_no_squared_speed():
    assert to_internal("200 cGy", "Gy") == 2.0
    assert to_internal("0.3 1/Gy", "1/Gy") == 0.3
    assert cf_unit("Gy^-2") == "Gy-2"
    assert unit_words("cGy") == "centigray"
    with pytest.raises(InputError, match=r"length\^2/time\^2, but absorbed dose is needed"):
        to_internal("1 J/kg", "Gy")

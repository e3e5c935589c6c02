"""Units: exact conversions, dimensions named, and no text that does harm."""

import math
from fractions import Fraction

import cf_units
import numpy as np
import pint
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cartflow.core.outcome import InputError
from cartflow.core.units import (
    cf_unit,
    dimension_name,
    factor,
    internal_unit,
    parse_unit,
    rational,
    split,
    to_internal,
    unit_words,
)

pytestmark = pytest.mark.lowest
NASTY = [
    "",
    " ",
    "mm",
    "5 mm**9**9",
    "5 mm^9^9^9^9",
    "1e5 mm^99",
    "5 9**9**9**9 mm",
    "__import__('os')",
    "5 __import__('os').system('true')",
    "5 mm; import os",
    "5 mm' or '1'='1",
    "5 lambda: 0",
    "5 mm[0]",
    "5 ((((((((((((((((((((((((mm",
    "5 " + "(" * 59 + "mm",
    "5 " + "m" * 100_000,
    "5 " + "m" * 40 + "!",
    "9" * 5000 + " mm",
    "9" * 150 + "\n" + " mm\n",
    "9" * 100_000 + "\n",
    "1e999999 mm",
    "--5 mm",
    "0x10 mm",
    "1_000 mm",
    "5 mm mm^",
    "5 /mm",
    "5 mm//day",
    "5 smoots_per_fortnight",
    "\N{ARABIC-INDIC DIGIT FIVE} mm",
    "5 \x00mm",
    "5 \u202emm",
    "5 degC",
    "5 dB",
    "5 {mm}",
    "5 %s mm",
]


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
    ("unit", "internal", "cf", "words"),
    [
        ("mL/h", "mm^3/day", "mm3 day-1", "length^3/time"),
        ("cell/uL", "cell/mm^3", "mm-3", "cells/length^3"),
        ("ng/mL", "ng/mm^3", "ng mm-3", "mass/length^3"),
        ("1/s", "1/day", "day-1", "1/time"),
        ("1", "1", "1", "a plain number"),
        ("%", "1", "1", "a plain number"),
        ("cell", "cell", "1", "cells"),
        ("cm^5/g/s", "mm^5/ng/day", "ng-1 mm5 day-1", "length^5/mass/time"),
    ],
)
def test_names_of_a_unit(unit, internal, cf, words):
    assert internal_unit(unit) == internal
    assert cf_unit(unit) == cf
    assert cf_units.Unit(cf) == cf_units.Unit(cf)
    assert sorted(dimension_name(unit).split("/")) == sorted(words.split("/"))


@pytest.mark.parametrize("unit", ["mm", "cell/mm^3", "mm^5/ng/day", "1/day", "ng"])
def test_internal_units_stay_as_they_are(unit):
    assert factor(unit) == 1.0
    assert internal_unit(unit) == unit


@pytest.mark.parametrize(
    ("text", "like", "message"),
    [
        ("5 mm", "1/day", "dimension length, but 1/time is needed"),
        ("5", "mm", "a plain number, but length is needed"),
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
        ("5 dB", "1", "'dB' is not a unit to multiply with"),
        ("5 Bq/A", "1/day", "current"),
    ],
)
def test_what_is_refused(text, like, message):
    with pytest.raises(InputError, match=message):
        to_internal(text, like)


@pytest.mark.parametrize(
    ("text", "like", "value"),
    [
        ("10^6 cells", "cell", 1e6),
        ("3x10^6 cells/kg", "cell/ng", 3e-6),
        ("3 \N{MULTIPLICATION SIGN} 10⁶ cells", "cell", 3e6),
        ("2.5·10⁻³ cm", "mm", 2.5e-2),
        ("-2 * 10^-3 1/day", "1/day", -2e-3),
        ("10**2 /h", "1/day", 2400.0),
        ("10 mm", "mm", 10.0),
    ],
)
def test_powers_of_ten_as_papers_write_them(text, like, value):
    assert to_internal(text, like) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("text", ["10^2^3 mm", "10^1.5 mm", "3x2^6 mm", "2^6 mm", "10^9999 mm"])
def test_other_powers_are_no_numbers(text):
    with pytest.raises(InputError):
        to_internal(text, "mm")


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nasty_text_is_refused(text):
    with pytest.raises(InputError) as caught:
        to_internal(text, "mm")
    assert len(str(caught.value)) < 1100
    assert str(caught.value).isprintable()


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=2000)
@example("1e5 mm^9*mm^9*mm^9*mm^9*mm^9*mm^9*mm^9*mm^9*mm^9")
@example("5 9.9^9.9")
def test_any_text_gives_a_number_or_an_input_error(text):
    for call in (lambda: to_internal(text, "mm"), lambda: parse_unit(text), lambda: split(text)):
        try:
            call()
        except InputError:
            continue


@given(st.text(alphabet="5 m^*/().-dayhcels", max_size=40))
@settings(max_examples=300, deadline=2000)
def test_text_that_looks_like_a_quantity(text):
    try:
        value = to_internal("5 " + text, "mm")
    except InputError:
        return
    assert math.isfinite(value)


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


def test_decimals_of_other_dimensions_are_exact_too():
    assert to_internal("2 um^2/min", "mm^2/day") == 0.00288
    assert to_internal("0.1 mm/h", "mm/day") == 2.4
    assert to_internal("0.3 cm", "mm") == 3.0


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


def test_a_dose_of_radiation_is_no_squared_speed():
    assert to_internal("200 cGy", "Gy") == 2.0
    assert to_internal("0.3 1/Gy", "1/Gy") == 0.3
    assert cf_unit("Gy^-2") == "Gy-2"
    assert unit_words("cGy") == "centigray"
    with pytest.raises(InputError, match=r"length\^2/time\^2, but absorbed dose is needed"):
        to_internal("1 J/kg", "Gy")


@pytest.mark.parametrize(
    ("text", "like", "value"),
    [
        # By hand: 10^6 cells in 1 mL = 1000 mm^3 are 1000 a mm^3; 10^9 in 1 L = 10^6 mm^3 are 1000.
        ("2 10^6 cells/mL", "cell/mm^3", 2000.0),
        ("2 1e6 cells/mL", "cell/mm^3", 2000.0),
        ("2 1E+6 cells/mL", "cell/mm^3", 2000.0),
        ("0.5 10^3/uL", "cell/mm^3", 500.0),
        ("0.5 10^3/\N{MICRO SIGN}L", "cell/mm^3", 500.0),
        ("7.2 x10^9/L", "cell/mm^3", 7200.0),
        ("1.5e-05 x 10^9/L", "cell/mm^3", 0.015),
        ("7.2 \N{MULTIPLICATION SIGN}10⁹ cells/L", "cell/mm^3", 7200.0),
        ("10 10^3 cells/\N{GREEK SMALL LETTER MU}L", "cell/mm^3", 10_000.0),
        ("40 cells/\N{MICRO SIGN}L", "cell/mm^3", 40.0),
        ("40 cells mm⁻³", "cell/mm^3", 40.0),
        ("3 10^6/kg", "cell/kg", 3e6 / 1e12),
        ("3 10^6 cells/kg", "cell/kg", 3e6 / 1e12),
        ("5 10^-3 cm", "mm", 0.05),
        ("4 10^-8 cm^2/s", "mm^2/day", 4e-8 * 100 * 86400),
        ("6 10^2", "1", 600.0),
        ("12 1/mm^3", "cell/mm^3", 12.0),
    ],
)
def test_units_of_tables_have_powers_of_ten_and_leave_out_cells(text, like, value):
    assert to_internal(text, like) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("10e6 cells/mL", "'10e6' is meant as 10.n by some, and is ten times that"),
        ("2e6 cells/mL", "'2e6' is no power of ten to stand before a unit"),
        ("cells x 10^6", "a power of ten behind a unit multiplies for some and divides for others"),
        ("cells/mL (x10^6)", "behind a unit"),
        ("M/mL", "'M' is a unit, and 10.6 for some; write '10.6/...'"),
        ("K/uL", "'K' is a unit, and 10.3 for some"),
        ("k/\N{MICRO SIGN}L", "'k' is a unit, and 10.3 for some"),
        ("G/L", "'G' is a unit, and 10.9 for some"),
        ("million cells/mL", "'million' is no unit; write a power of ten"),
        ("10^99 cells/mL", "lies between -30 and 30"),
        ("10^6 10^3 cells/mL", "is not a unit"),
        ("%ID/g", "injected dose/mass, but cells/length.3 is needed"),
        ("% ID", "injected dose, but cells/length.3 is needed"),
        ("%/g", "1/mass, but cells/length.3 is needed"),
        ("10^6", "a plain number, but cells/length.3 is needed"),
        ("1/mL^2", "1/length.6, but cells/length.3 is needed"),
        ("/day", "1/time, but cells/length.3 is needed"),
    ],
)
def test_units_that_are_ambiguous_are_refused_by_name(unit, message):
    with pytest.raises(InputError, match=message):
        to_internal(f"3 {unit}", "cell/mm^3")


def test_shares_of_the_injected_dose_are_neither_plain_nor_counts():
    assert dimension_name("%ID/g") == "injected dose/mass"
    for like in ("1", "cell", "cell/kg", "1/kg"):
        with pytest.raises(InputError, match="injected dose"):
            to_internal("3 %ID/g", like)
    with pytest.raises(InputError, match="'%ID' is a share of the injected dose; multiply by the"):
        internal_unit("%ID")


def test_a_power_of_ten_stays_in_the_words_of_a_unit():
    assert unit_words("10^6 cells/mL") == "1e6 milliliter-1"
    assert cf_units.Unit("1e6 milliliter-1") == cf_units.Unit("1e3 mm-3")
    assert factor("10^3/uL") == 1000

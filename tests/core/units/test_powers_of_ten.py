"""Powers of ten in numbers and before units."""

import pytest

from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal

pytestmark = pytest.mark.lowest


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

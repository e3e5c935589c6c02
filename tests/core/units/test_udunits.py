"""Units inside and as UDUNITS reads them."""

import cf_units
import pytest

from cartflow.core.units.conversion import factor
from cartflow.core.units.dimensions import dimension_name, internal_unit
from cartflow.core.units.udunits import cf_unit, unit_words

pytestmark = pytest.mark.lowest


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


def test_a_power_of_ten_stays_in_the_words_of_a_unit():
    assert unit_words("10^6 cells/mL") == "1e6 milliliter-1"
    assert cf_units.Unit("1e6 milliliter-1") == cf_units.Unit("1e3 mm-3")
    assert factor("10^3/uL") == 1000

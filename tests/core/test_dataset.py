"""A variable's unit is that of its values."""

import pytest

from cartflow.core.dataset import as_stated, variable


def test_a_variable_has_internal_units_and_nothing_else():
    assert variable((), 2.0, "cell/mm^3", "density").attrs["units"] == "mm-3"
    assert variable((), 2.0, "ng*mm^-3/day", "source").attrs["units"] == "ng mm-3 day-1"
    with pytest.raises(ValueError, match=r"motility: values in um\^2/min are not in internal"):
        variable((), 2.0, "um^2/min", "motility")


def test_values_as_they_are_stated_keep_their_unit():
    cf_units = pytest.importorskip("cf_units")
    for unit, to, expected in (
        ("um^2/min", "mm2 day-1", 2.0 * 1.44e-3),
        ("1/mL", "mm-3", 2.0e-3),
        ("s", "day", 2.0 / 86400.0),
    ):
        found = as_stated((), 2.0, unit, "number").attrs["units"]
        assert cf_units.Unit(found).convert(2.0, cf_units.Unit(to)) == pytest.approx(expected)

"""The unit of time that a file states, however odd."""

import math

import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml.times import days_per_unit

libsbml = pytest.importorskip("libsbml")


def model(multiplier, scale, power):
    document = libsbml.SBMLDocument(3, 2)
    found = document.createModel()
    found.setTimeUnits("mine")
    definition = found.createUnitDefinition()
    definition.setId("mine")
    unit = definition.createUnit()
    unit.setKind(libsbml.UNIT_KIND_SECOND)
    unit.setMultiplier(multiplier)
    unit.setScale(scale)
    unit.setExponent(power)
    return document, found


@pytest.mark.parametrize(
    ("multiplier", "scale", "days"), [(86400.0, 0, 1.0), (60.0, 0, 1 / 1440), (3.6, 3, 1 / 24)]
)
def test_units_of_time(multiplier, scale, days):
    document, found = model(multiplier, scale, 1.0)
    assert days_per_unit(libsbml, found) == pytest.approx(days, rel=1e-15)
    del document


@pytest.mark.parametrize(
    ("multiplier", "scale", "power"),
    [
        (1.0, 400, 1.0),
        (1.0, -400, 1.0),
        (-2.0, 0, 0.5),
        (0.0, 0, 1.0),
        (1e300, 2, 9.0),
        (math.nan, 0, 1.0),
        (math.inf, 0, 1.0),
        (1.0, 0, 2.0),
        (0.0, 0, -1.0),
    ],
)
def test_what_is_no_unit_of_time(multiplier, scale, power):
    document, found = model(multiplier, scale, power)
    with pytest.raises(InputError, match="the unit of time 'mine' is no time"):
        days_per_unit(libsbml, found)
    del document

"""Parameters: the number, where it is from, and how well it is known."""

import pytest

from cartflow.core.outcome import InputError
from cartflow.core.parameters import STANDINGS, Parameter, parameter

pytestmark = pytest.mark.lowest
TABLE = {"value": "114 1/h", "source": "khot2019", "standing": "transcribed", "note": "lung"}


def without(key):
    return {k: v for k, v in TABLE.items() if k != key}


def test_a_table_becomes_a_parameter():
    p = parameter(TABLE, "1/day")
    assert p == Parameter(
        value=2736.0,
        unit="1/day",
        stated="114 1/h",
        source="khot2019",
        standing="transcribed",
        note="lung",
    )
    assert float(p) == 2736.0


def test_a_bare_quantity_is_the_studys_own_assumption():
    p = parameter("5 mm", "mm")
    assert (p.value, p.source, p.standing, p.note) == (5.0, "study", "assumed", "")


def test_a_parameter_passes_if_its_dimension_fits():
    p = parameter(TABLE, "1/day")
    assert parameter(p, "1/h") is p
    with pytest.raises(InputError, match="but length is needed"):
        parameter(p, "mm")


def test_scaling_is_derived_unless_it_was_assumed():
    p = parameter(TABLE, "1/day").times(2.0, "1/h", "twice")
    assert (p.value, p.unit, p.standing, p.note) == (5472.0, "1/day", "derived", "twice")
    assert p.stated == "5472 1/day"
    assert p.source == "khot2019"
    assert parameter("5 mm", "mm").times(2.0, "mm", "").standing == "assumed"


@pytest.mark.parametrize("standing", STANDINGS)
def test_every_standing(standing):
    assert parameter({**TABLE, "standing": standing}, "1/day").standing == standing


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({**TABLE, "sorce": "x"}, "unknown key 'sorce'; allowed: .*did you mean 'source'"),
        (without("source"), "key 'source' is missing"),
        (without("standing"), "key 'standing' is missing"),
        (without("value"), "key 'value' is missing"),
        ({**TABLE, "standing": "measurd"}, "standing 'measurd'; .*did you mean 'measured'"),
        ({**TABLE, "standing": ["measured"]}, "standing"),
        ({**TABLE, "value": "114 mm"}, "length, but 1/time is needed"),
        ({**TABLE, "value": "nan 1/h"}, "not a finite number"),
        ({**TABLE, "value": {"value": 1}}, "is not a quantity"),
        ({}, "key 'value' is missing"),
    ],
)
def test_a_table_that_is_wrong(table, message):
    with pytest.raises(InputError, match=message):
        parameter(table, "1/day")


def test_a_shipped_number_needs_a_source():
    with pytest.raises(InputError, match="'5 mm' has no source; write"):
        parameter("5 mm", "mm", source="")

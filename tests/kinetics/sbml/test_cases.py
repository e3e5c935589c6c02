"""Small files that were once read wrongly, with the values that are right."""

from pathlib import Path

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.runs.timeline import with_end
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.sbml.reading import read_foreign, read_sbml

CASES = Path(__file__).parent / "cases"


def value(name, variable, time):
    found = read_foreign(CASES / f"{name}.xml")
    course = run(found.model, with_end(found.model.scenario(), max(time, 0.1)))
    return float(course.measure(found.meanings[variable], time)[0])


@pytest.mark.parametrize(
    ("name", "variable", "time", "right"),
    [
        # An amount in a place of 2 that its law takes as such.
        ("amounts_in_two_litres", "S", 5.0, 10 * np.exp(-1.5)),
        ("substance_units", "S", 0.0, 5.0),
        ("substance_units", "S", 1.0, 5 * np.exp(-1.0)),
        ("conversion_factor", "S", 5.0, 10 * np.exp(-3.0)),
        # True at the start, as it was before: not triggered.
        ("event_at_time_zero", "S", 0.0, 10.0),
        ("rate_rule_below_zero", "w", 5.0, -4.5),
        ("rate_rule_below_zero", "S", 5.0, np.exp(-(4.5**3 + 0.5**3) / 3)),
        ("comp_submodel", "S", 1.0, np.exp(-1.0)),
        ("stoichiometry_math", "B", 1.0, 3 * (1 - np.exp(-1.0))),
        # The amount is 20 exp(-0.3 t), in a place of 2 + 0.1 t.
        ("compartment_that_grows", "S", 5.0, 20 * np.exp(-1.5) / 2.5),
        ("growing_compartment", "S", 1.0, 0.5),
        ("log_base_ten", "S", 5.0, 16.0),
    ],
)
def test_right(name, variable, time, right):
    assert value(name, variable, time) == pytest.approx(right, rel=1e-6)


def test_two_events_that_set_one_species():
    assert value("two_events_set_one_species", "S", 1.0) in {10.0, 20.0}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fast_reaction", "fast_reaction.xml: reaction r: 'fast' is not read"),
        ("nan_parameter", "nan_parameter.xml: 'unset' has no value"),
    ],
)
def test_refused(name, message):
    with pytest.raises(InputError, match=message):
        read_sbml(CASES / f"{name}.xml")

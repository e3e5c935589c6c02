"""Files of others against closed forms: places, amounts, rules, numbers, units of time."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml.reading import read_sbml

TIMES = np.array([0.0, 0.5, 1.0, 3.0])
EXACT = {"rtol": 1e-8, "atol": 1e-10}


def amount(value):
    return f"initialAmount='{value}'"


def test_an_amount_is_meant_where_the_file_says_so(course, sbml):
    law = sbml.reaction("r", "S ->", "k*S")
    text = sbml.document(
        places=sbml.place(size="5"),
        species=sbml.species("S", hasOnlySubstanceUnits="true"),
        parameters=sbml.parameter("k", 1),
        reactions=law,
    )
    np.testing.assert_allclose(course(text, TIMES, "S")[:, 0], 5 * np.exp(-TIMES), **EXACT)
    # As a concentration its law, an amount per time, is divided by the size.
    text = text.replace("hasOnlySubstanceUnits='true'", "hasOnlySubstanceUnits='false'")
    np.testing.assert_allclose(course(text, TIMES, "S")[:, 0], np.exp(-TIMES / 5), **EXACT)


def test_places_of_unlike_size(course, sbml):
    text = sbml.document(
        places=[sbml.place("a", 2), sbml.place("b", 8)],
        species=[sbml.species("A", amount(6), "a"), sbml.species("B", amount(0), "b")],
        reactions=sbml.reaction("r", "A -> 3 B", "0.5*a*A"),
    )
    found = course(text, TIMES, "A", "B", "r")
    left = 3 * np.exp(-0.5 * TIMES)
    np.testing.assert_allclose(found[:, 0], left, **EXACT)
    np.testing.assert_allclose(found[:, 1], 3 * 2 * (3 - left) / 8, **EXACT)
    np.testing.assert_allclose(found[:, 2], left, **EXACT)


def test_a_place_that_grows_dilutes(course, sbml):
    text = sbml.document(
        places=sbml.place(size="2", constant="false"),
        species=[sbml.species("S"), sbml.species("fed", boundaryCondition="true")],
        rules=sbml.rate("c", "0.1*c") + sbml.rate("fed", "1"),
        reactions=sbml.reaction("r", "S ->", "0.3*S*c"),
    )
    found = course(text, TIMES, "S", "c", "fed")
    np.testing.assert_allclose(found[:, 0], np.exp(-0.4 * TIMES), **EXACT)
    np.testing.assert_allclose(found[:, 1], 2 * np.exp(0.1 * TIMES), **EXACT)
    # A rate rule states the change of a concentration, however the place grows.
    np.testing.assert_allclose(found[:, 2], 1 + TIMES, **EXACT)


def test_a_place_by_assignment(course, sbml):
    text = sbml.document(
        places=sbml.place(size="", constant="false"),
        species=sbml.species("S", amount(6)),
        rules=sbml.assignment("c", "2 + time"),
    )
    np.testing.assert_allclose(course(text, TIMES, "S")[:, 0], 6 / (2 + TIMES), **EXACT)


@pytest.mark.parametrize(
    ("model", "own", "factor"), [("cf", "", 2.0), ("", "cg", 3.0), ("cf", "cg", 3.0)]
)
def test_conversion_factors(course, sbml, model, own, factor):
    text = sbml.document(
        more=f"conversionFactor='{model}'" if model else "",
        places=sbml.place(size="4"),
        species=sbml.species("S", more=f"conversionFactor='{own}'" if own else ""),
        parameters=[sbml.parameter("cf", 2), sbml.parameter("cg", 3)],
        reactions=sbml.reaction("r", "S ->", "0.3*c*S"),
    )
    exact = np.exp(-0.3 * factor * TIMES)
    np.testing.assert_allclose(course(text, TIMES, "S")[:, 0], exact, **EXACT)


def test_a_number_that_changes(course, sbml):
    named = "<speciesReference id='n' species='B' constant='false'/>"
    text = sbml.document(
        species=[sbml.species("A"), sbml.species("B", amount(0))],
        rules=sbml.assignment("n", "2*time"),
        reactions=sbml.reaction("r", "A ->", "1", references=named).replace("A", "A"),
    )
    found = course(text, [0.0, 0.25, 0.5], "A", "B")
    np.testing.assert_allclose(found[:, 0], [1.0, 0.75, 0.5], **EXACT)
    np.testing.assert_allclose(found[:, 1], np.array([0.0, 0.25, 0.5]) ** 2, **EXACT)


def test_starts_by_formulas(course, sbml):
    text = sbml.document(
        places=sbml.place(size="1"),
        species=[sbml.species("S", amount(7)), sbml.species("T", "")],
        parameters=[
            sbml.parameter("k", 4),
            sbml.parameter("q"),
            sbml.parameter("w", None, "false"),
        ],
        starts=[sbml.start("c", "k/2"), sbml.start("T", "S + q"), sbml.start("q", "w + 1")],
        rules=sbml.assignment("w", "2*S"),
    )
    # 7 in a place of 2.
    np.testing.assert_allclose(course(text, [0.0, 1.0], "S", "T", "q", "w")[1], [3.5, 11.5, 8, 7])


def test_what_other_numbers_rest_on_cannot_be_set(tmp_path, sbml):
    text = sbml.document(
        species=sbml.species("S", ""),
        parameters=[sbml.parameter("k", 4), sbml.parameter("free", 4)],
        starts=sbml.start("S", "k/2"),
        reactions=sbml.reaction("r", "S ->", "free*S"),
    )
    (tmp_path / "f.xml").write_text(text)
    model = read_sbml(tmp_path / "f.xml")
    assert model.with_parameters({"free": 5.0}).network.parameters["free"].value == 5.0
    with pytest.raises(InputError, match="'f': k: other numbers of the file rest on it"):
        model.with_parameters({"k": 5.0})


def test_rules_go_below_zero(course, sbml):
    text = sbml.document(
        species=sbml.species("S"),
        parameters=sbml.parameter("w", 0.5, "false"),
        rules=sbml.rate("w", "-1"),
        reactions=sbml.reaction("r", "S ->", "w^2*S"),
    )
    times = np.array([0.0, 1.0, 5.0])
    exact = np.exp(-((times - 0.5) ** 3 + 0.125) / 3)
    np.testing.assert_allclose(course(text, times, "S")[:, 0], exact, rtol=1e-8)


@pytest.mark.parametrize(
    ("stated", "unit", "days"),
    [
        ("timeUnits='second'", "", 1 / 86400),
        ("timeUnits='h'", "<unit kind='second' exponent='1' scale='0' multiplier='3600'/>", 1 / 24),
        ("timeUnits='h'", "<unit kind='second' exponent='1' scale='3' multiplier='3.6'/>", 1 / 24),
        ("", "", 1.0),
        ("timeUnits='dimensionless'", "", 1.0),
    ],
)
def test_units_of_time(tmp_path, sbml, stated, unit, days):
    units = f"<unitDefinition id='h'><listOfUnits>{unit}</listOfUnits></unitDefinition>"
    text = sbml.document(
        more=stated,
        units=units if unit else "",
        species=sbml.species("S"),
        reactions=sbml.reaction("r", "S ->", "time*S"),
    )
    (tmp_path / "f.xml").write_text(text)
    from cartflow.kinetics.runs.trajectory import run

    model = read_sbml(tmp_path / "f.xml")
    state = run(model, model.scenario()).at([2 * days])[0]
    assert state[model.network.index("S")] == pytest.approx(np.exp(-2.0), rel=1e-8)
    noted = "the unit of time is not stated: taken as a day"
    assert (noted in model.flags) == (days == 1.0)


def test_names_that_a_network_cannot_have(course, sbml):
    text = sbml.document(
        species=[sbml.species("_S"), sbml.species("exp"), sbml.species("time")],
        parameters=sbml.parameter("k" * 80, 2),
        reactions=[
            sbml.reaction("_J0", "_S ->", f"{'k' * 80}*_S"),
            sbml.reaction("_J1", "exp ->", "3*_S").replace("<ci> _S </ci>", "<ci> exp </ci>"),
        ],
    )
    found = course(text, TIMES, "_S", "exp", "time")
    exact = np.column_stack([np.exp(-2 * TIMES), np.exp(-3 * TIMES), np.ones(4)])
    np.testing.assert_allclose(found, exact, **EXACT)


def test_rates_of_change_as_names(course, sbml):
    text = sbml.document(
        places=sbml.place(size="2", constant="false"),
        species=sbml.species("S"),
        parameters=[sbml.parameter("v", None, "false"), sbml.parameter("g", None, "false")],
        rules=[
            sbml.rate("c", "0.5"),
            sbml.assignment("v", "rateOf(S)"),
            sbml.assignment("g", "rateOf(c)"),
        ],
    )
    found = course(text, TIMES, "v", "g")
    np.testing.assert_allclose(found[:, 0], -0.5 * 2 / (2 + 0.5 * TIMES) ** 2, **EXACT)
    np.testing.assert_allclose(found[:, 1], 0.5, **EXACT)

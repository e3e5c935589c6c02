"""Derivatives of a study's outcomes to its numbers: as a user asks for them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from coupling.tangents.cases import BALL, NUMBERS, SLAB, study

from cartflow import InputError, Study, load_result, run_cohort, run_with_derivatives
from cartflow.study.numbers import StudyNumbers

# Of f(p (1 + j h)), order eight.
PLACES = (-4, -3, -2, -1, 1, 2, 3, 4)
WEIGHTS = (1 / 280, -4 / 105, 1 / 5, -4 / 5, 4 / 5, -1 / 5, 4 / 105, -1 / 280)
NAMED = ["doses.0.cells", "kinetics.parameters.killing_rate", "fields.cart.diffusivity"]


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    return study("ball", tmp_path_factory.mktemp("ball"))


@pytest.fixture(scope="module")
def result(ball):
    return run_with_derivatives(ball, NAMED)


def elasticity_error(of, table, names, share):
    """Return the largest error of any outcome's d/d ln(number), relative to it and the outcome."""
    known, worst = StudyNumbers(study=of).with_geometry, 0.0
    for name in names:
        value = known[name].value
        column = [value * (1.0 + j * share) for j in PLACES]
        cohort = run_cohort(of, {name: column})
        for outcome in ("reached_tumour", "in_tumour", "depth", "amount_tumour", "cells"):
            true = np.tensordot(WEIGHTS, cohort[outcome].values, 1) / share
            mine = table[outcome].sel(number=name).values * value
            size = np.abs(true).sum() + np.abs(cohort[outcome].values[3]).sum()
            worst = max(worst, np.abs(mine - true).sum() / size if size else 0.0)
    return worst


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
def test_derivatives_agree_with_differences_of_exact_runs(tmp_path, name):
    of = study(name, tmp_path, solver__tolerance=1e-10)
    names = NUMBERS[name][1]
    table = run_with_derivatives(of, names).derivatives
    assert elasticity_error(of, table, names, 3e-3) < 1e-6


def test_the_run_is_the_study_s_own(ball, result):
    plain = ball.run()
    for group in plain.tree.children:
        xr.testing.assert_identical(plain.tree[group].to_dataset(), result.tree[group].to_dataset())


def test_numbers_threads_and_files_change_no_bit(ball, result, tmp_path, monkeypatch):
    monkeypatch.setattr("cartflow.analyses.derivatives.run._SHARE", 1)
    one = run_with_derivatives(ball, NAMED, threads=3).derivatives
    alone = run_with_derivatives(ball, NAMED[1:2]).derivatives
    xr.testing.assert_identical(one, result.derivatives)
    xr.testing.assert_identical(alone, result.derivatives.isel(number=[1]))
    result.write(tmp_path / "result.nc")
    read = load_result(tmp_path / "result.nc").derivatives
    for name, values in result.derivatives.data_vars.items():
        np.testing.assert_array_equal(read[name], values)


def test_outcomes_are_where_courses_end_and_are_highest(result):
    found = result.derivatives
    assert found["number"].values.tolist() == NAMED
    assert found["number_unit"].values.tolist() == ["cell", "1/day", "mm^2/day"]
    for name in ("reached_tumour", "depth", "cells", "amount_tumour"):
        np.testing.assert_array_equal(found[name], found[f"course_{name}"].isel(time=-1))
    venous = result.tree["body/blood_concentration"].sum("phenotype")
    at_most = found["course_blood_concentration"].isel(time=int(np.argmax(venous.values)))
    np.testing.assert_array_equal(found["peak_blood_concentration"], at_most)
    assert found["field_tumour"].dims == ("number", "time", "r")
    assert found["blood_concentration"].attrs["units_of_value"] == "mm-3"
    # Every cell given is one given.
    np.testing.assert_allclose(found["infused"], [1.0, 0.0, 0.0], rtol=1e-13)


def test_fields_add_up_to_their_amounts(result):
    found, volumes = result.derivatives, result.tree["tumour/cell_volume"]
    np.testing.assert_allclose(
        (found["field_tumour"] * volumes).sum("r"), found["course_amount_tumour"], rtol=1e-12
    )


def test_a_number_at_the_end_of_its_range_is_differentiated_to_one_side():
    # The chemokine outside is nought and cannot be less; a share of one cannot be more.
    name = "fields.chemokine.boundaries.rim.value"
    of = Study.from_text(BALL, settings={"solver.tolerance": 1e-10})
    mine = run_with_derivatives(of, [name]).derivatives["amount_chemokine"]
    values = run_cohort(of, {name: [0.0, 1e-9, 2e-9]})["amount_chemokine"].values
    slope = (-1.5 * values[0] + 2.0 * values[1] - 0.5 * values[2]) / 1e-9
    assert float(mine[0]) == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "no number is named"),
        (["fields.cart.diffusivty"], "did you mean 'fields.cart.diffusivity'"),
        (["geometry.cells"], "it is a whole number"),
        (["tumour.feeding"], "it is a choice"),
        (["time.end"], "steps and their times stay as they are"),
        (["doses.1.duration"], "steps and their times stay as they are"),
        (["geometry.radius"], "does not change smoothly with it at 2.5"),
    ],
)
def test_what_cannot_be_differentiated_is_told(ball, names, message):
    with pytest.raises(InputError, match=message):
        run_with_derivatives(ball, names)


@pytest.mark.parametrize(
    "settings",
    [
        {"solver.engine": "fipy"},
        {"solver.fixed_step": True},
        {"geometry": {"shape": "box", "lengths": ["1 mm", "1 mm"], "cells": [2, 2]}},
    ],
)
def test_what_is_no_one_system_is_told(settings):
    of = Study.from_text(SLAB, settings=settings)
    with pytest.raises(InputError, match="stepped as one system"):
        run_with_derivatives(of, ["doses.0.cells"])


def test_events_of_the_study_are_told():
    event = '[[events]]\ntime = "0.5 day"\nset = { "tumour.retention" = 2 }\n'
    with pytest.raises(InputError, match="not to be had with events or courses"):
        run_with_derivatives(Study.from_text(SLAB + event), ["doses.0.cells"])


def test_a_result_without_derivatives_says_so(ball):
    with pytest.raises(InputError, match="run_with_derivatives makes them"):
        _ = replace(ball.run()).derivatives


def test_a_tumour_without_a_body_has_derivatives():
    """Cells that divide at a rate r: d(cells)/dr is the time times the cells."""
    text = """
title = "cells in a dish"
[geometry]
shape = "slab"
length = "1 mm"
cells = 8
[tumour]
egress_rate = "0 1/day"
[kinetics]
models = ["logistic_growth"]
parameters = { growth_rate = "0.5 1/day", carrying_capacity = "1e30 cells/mm^3" }
[fields.cart]
initial = "100 cells/mm^3"
diffusivity = "0.01 mm^2/day"
[time]
end = "2 days"
"""
    result = run_with_derivatives(Study.from_text(text), ["kinetics.parameters.growth_rate"])
    cells = 100.0 * np.exp(0.5 * 2.0)
    assert result.derivatives["in_tumour"].item() == pytest.approx(2.0 * cells, rel=1e-4)
    assert "blood_concentration" not in result.derivatives

"""The error in time that a run states, against a run a hundred times as exact."""

from dataclasses import replace

import pytest
from studies import two_doses

from cartflow.results.summary import summary_lines
from cartflow.results.time_error import numbers_with_error, time_error
from cartflow.study.study import Study


def study(trafficking="khot2019", model="predator_prey_exhaustion", end=7, **settings):
    text = two_doses(trafficking=trafficking, model=model, end=end)
    return Study.from_text(text, settings={k.replace("__", "."): v for k, v in settings.items()})


def true_error(of):
    """Return the largest relative difference to a run at a hundredth of the tolerance."""
    simulation = of.simulation
    exact = replace(
        simulation,
        control=replace(simulation.control, tolerance=simulation.control.tolerance / 100),
    )
    numbers, best = (numbers_with_error(each.run(), each) for each in (simulation, exact))
    return max(abs(numbers[name] / best[name] - 1.0) for name in numbers)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-5])
@pytest.mark.parametrize(
    ("trafficking", "model", "end"),
    [
        ("khot2019", "predator_prey_exhaustion", 7),
        ("singh2020", "predator_prey", 7),
        ("khot2019", "sahoo2020", 28),
    ],
)
def test_the_error_in_time_is_within_a_factor_four(trafficking, model, end, tolerance):
    of = study(trafficking, model, end, solver__tolerance=tolerance)
    stated = of.run().tree.attrs["time_error"]
    true = true_error(of)
    assert true / 4 < stated < 4 * true
    assert true < tolerance


def test_it_is_left_out_where_it_is_not_wished_for_or_cannot_be_told():
    assert "time_error" in study(end=3).run().tree.attrs
    reasons = {
        "not asked for: solver.time_check": {"solver__time_check": False},
        "the tolerance is above 0.01": {"solver__tolerance": 0.05},
        "steps are fixed": {"solver__fixed_step": True, "solver__initial_step": "0.1 day"},
    }
    for reason, settings in reasons.items():
        result = study(end=3, **settings).run()
        assert "time_error" not in result.tree.attrs
        assert f"error in time not estimated ({reason})" in "\n".join(summary_lines(result.tree))


BOX = {"shape": "box", "lengths": ["2 mm", "3 mm"], "cells": [4, 5]}
# What makes of one system one in turns.
DENSE = {"fields__cart__density_dependence": {"reference": "1e4 cells/mm^3"}}


@pytest.mark.parametrize("more", [{}, DENSE], ids=["one system", "in turns"])
def test_a_run_that_goes_on_says_the_same_error(more):
    simulation = study(end=3, solver__tolerance=1e-4, geometry=BOX, **more).simulation
    kept = []
    whole = simulation.run(keep=lambda make: kept.append(make()))
    again = simulation.run(since=kept[len(kept) // 2])
    assert time_error(again, simulation) == time_error(whole, simulation)


def test_what_is_dear_is_not_checked_unasked(monkeypatch):
    monkeypatch.setattr("cartflow.coupling.retraced.LITTLE", 1.0)
    unasked = study(end=3, solver__tolerance=1e-3, geometry=BOX, **DENSE).run()
    assert "it would cost half as much again" in unasked.tree.attrs["time_check"]
    asked = study(end=3, solver__tolerance=1e-3, geometry=BOX, solver__time_check=True, **DENSE)
    assert "time_error" in asked.run().tree.attrs


def test_it_is_not_told_where_drift_bounds_all_steps():
    climbing = {
        "geometry": BOX,
        "fields.cart.diffusivity": "1e-4 mm^2/day",
        "fields.cart.chemotaxis": {
            "attractant": "tumour",
            "law": "logarithmic",
            "sensitivity": "500 mm^2/day",
            "half_saturation": "10 cells/mm^3",
        },
        "fields.tumour.initial": "1e2 cells/mm^3",
    }
    attrs = study(end=3, solver__tolerance=1e-2, **climbing).run().tree.attrs
    assert "time_error" in attrs or "as long as drift" in attrs["time_check"]

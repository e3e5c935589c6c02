"""The error in time that a run states, against a run a hundred times as exact."""

from dataclasses import replace

import pytest

from cartflow.results.time_error import numbers_with_error
from cartflow.study.study import Study

STUDY = """
title = "A week"
[body]
name = "mouse_28g"
[trafficking]
name = "{trafficking}"
[[doses]]
cells = "1e6 cells"
[[doses]]
cells = "3e5 cells"
route = "intratumoural"
time = "2 days"
duration = "1 h"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 12
[tumour]
host = "flank"
injection_region = "all"
[kinetics]
models = ["{model}"]
[fields.cart]
diffusivity = "0.02 mm^2/day"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "{end} days"
"""


def study(trafficking="khot2019", model="predator_prey_exhaustion", end=7, **settings):
    text = STUDY.format(trafficking=trafficking, model=model, end=end)
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
    for settings in ({"solver__time_check": False}, {"solver__tolerance": 0.05}):
        assert "time_error" not in study(end=3, **settings).run().tree.attrs
    box = {"shape": "box", "lengths": ["2 mm", "2 mm"], "cells": [4, 4]}
    assert "time_error" not in study(end=3, geometry=box).run().tree.attrs


def test_the_default_tolerance_is_that_of_how_it_is_stepped():
    assert study().simulation.control.tolerance == 1e-5
    box = {"shape": "box", "lengths": ["2 mm", "2 mm"], "cells": [4, 4]}
    assert study(geometry=box).simulation.control.tolerance == 3e-7
    assert study(solver__tolerance=1e-3).simulation.control.tolerance == 1e-3


def test_an_interrupted_companion_leaves_the_run_whole():
    def watch(time, step):
        if time >= 3.0:
            seen.append(time)
            if len(seen) > 1:
                raise KeyboardInterrupt

    seen = []
    record = study(end=3).simulation.run(watch)
    assert record.outcome.status == "finished"
    assert record.companion is None

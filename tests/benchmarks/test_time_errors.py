"""The error in time that a run in turns states, against its own steps cut into three."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.time_errors import errors_in_turns
from cartflow.study.study import Study

STUDY = """
title = "Three days"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
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
models = ["predator_prey"]
[fields.cart]
diffusivity = "0.02 mm^2/day"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "3 days"
[solver]
tolerance = 1e-5
"""
IN_TURNS = {
    "box": {"geometry": {"shape": "box", "lengths": ["2 mm", "3 mm"], "cells": [4, 5]}},
    "diffusivity of the density": {
        "fields.cart.density_dependence": {"reference": "1e4 cells/mm^3"},
    },
    "kinetics in an organ": {"organs.bone_marrow.kinetics.models": ["predator_prey"]},
}


@pytest.mark.parametrize("kind", IN_TURNS)
def test_in_turns_it_is_not_below_a_third_of_the_true_one(kind):
    study = Study.from_text(STUDY, settings=IN_TURNS[kind])
    assert not study.simulation.one_system
    stated, true = errors_in_turns(study)
    assert true / 3 < stated < 10 * true

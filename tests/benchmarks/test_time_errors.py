"""The error in time that a run in turns states, against its own steps cut into three."""

import sys
from pathlib import Path

import pytest
from studies import two_doses

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.time_errors import errors_in_turns
from cartflow.study.study import Study

IN_TURNS = {
    "box": {"geometry": {"shape": "box", "lengths": ["2 mm", "3 mm"], "cells": [4, 5]}},
    "diffusivity of the density": {
        "fields.cart.density_dependence": {"reference": "1e4 cells/mm^3"},
    },
    "kinetics in an organ": {"organs.bone_marrow.kinetics.models": ["predator_prey"]},
}


@pytest.mark.parametrize("kind", IN_TURNS)
def test_in_turns_it_is_within_a_factor_three_of_the_true_one(kind):
    settings = {"solver.tolerance": 1e-5, **IN_TURNS[kind]}
    study = Study.from_text(two_doses(end=3), settings=settings)
    assert not study.simulation.one_system
    stated, true = errors_in_turns(study)
    assert true / 3 < stated < 3 * true

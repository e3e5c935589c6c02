"""The error in time that a run states: in turns against its own steps cut into three."""

import sys
from pathlib import Path

import numpy as np
import pytest
from studies import two_doses

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.time_errors import errors, errors_in_turns, random_study_on_voxels
from cartflow.study.study import Study

BOX = {"shape": "box", "lengths": ["2 mm", "3 mm"], "cells": [4, 5]}
IN_TURNS = {
    "box of a fast field": {"geometry": BOX, "fields.cart.diffusivity": "0.5 mm^2/day"},
    "diffusivity of the density": {
        "fields.cart.density_dependence": {"reference": "1e4 cells/mm^3"},
    },
    "kinetics in an organ": {"organs.bone_marrow.kinetics.models": ["predator_prey"]},
}


@pytest.mark.parametrize("kind", IN_TURNS)
def test_in_turns_it_is_within_a_factor_three_of_the_true_one(kind):
    settings = {"solver.tolerance": 1e-5, **IN_TURNS[kind]}
    study = Study.from_text(two_doses(end=3), settings=settings)
    assert not study.simulation.together
    stated, true = errors_in_turns(study)
    assert true / 3 < stated < 3 * true


def test_on_few_voxels_it_is_within_a_factor_three_of_the_true_one():
    random = np.random.default_rng(1)
    for _ in range(3):
        stated, true = errors(random_study_on_voxels(random, 1e-5))
        assert true / 3 < stated < 3 * true


def test_on_few_voxels_a_companion_takes_the_runs_own_method_whatever_its_steps():
    phantom = {"shape": "phantom", "volume": "40 mm^3", "spacing": "0.8 mm"}
    # The run's longest step is just short enough for one system, twice as long it is not.
    settings = {"geometry": phantom, "fields.cart.diffusivity": "0.06 mm^2/day"}
    study = Study.from_text(two_doses(end=3), settings={"solver.tolerance": 1e-5, **settings})
    assert study.simulation.together
    stated, true = errors(study)
    assert true / 3 < stated < 3 * true

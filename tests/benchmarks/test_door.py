"""The door in a few places: how exact it is at the least tolerance, and in the same steps."""

import pytest

from benchmarks.door import with_same_steps
from cartflow.validation.organs.door_runs import Place, measured

PLACES = [
    Place("mouse_28g", "khot2019", "flank", "intravenous"),
    Place("human_71kg", "khot2019", "brain", "intraventricular"),
    Place("human_male", "brown2021", "brain", "carotid_artery"),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_mixed_tumour_is_an_organ_in_the_same_steps(place):
    assert with_same_steps(place, 1e-5) < 1e-11


@pytest.mark.parametrize("place", PLACES)
def test_a_mixed_tumour_is_an_organ_as_nearly_as_is_asked(place):
    settings = {"solver.tolerance": 1e-10, "solver.time_check": False}
    assert measured(place, settings).error < 1e-8

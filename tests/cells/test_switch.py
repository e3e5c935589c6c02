"""A switch between two fates as a probability: extinction and control over ensembles of cells."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cells.switch import Switch, died_out

# A tumour so large that three CAR T cells do not change it nor one another.
FEW = {"tumour": 3_350_000, "cart": 3, "inactivation": 0.02}
SMALL = {"tumour": 3350, "cart": 20}


def require_share(found, expected, runs=np.inf, sigmas=4.0):
    """Require that the mean of chances `found` is a share, which itself is of so many `runs`."""
    error = np.sqrt(expected * (1.0 - expected) * (1.0 / len(found) + 1.0 / runs))
    assert abs(found.mean() - expected) <= sigmas * error, (found.mean(), expected, error)


def test_numbers_die_out_as_the_closed_form_says():
    # Its steps are first order: with half the step half the error, so that twice less once is none.
    switch, runs, shares = Switch(**FEW), 40_000, []
    for step in (0.04, 0.02):
        found = switch.by_numbers(runs, step=step, end=8.0, seed=1)
        shares.append((found[:, 0] == 0).mean())
    exact = died_out(switch, 8.0)
    assert 2.0 * shares[1] - shares[0] == pytest.approx(exact, abs=4.0 * np.sqrt(exact / runs) * 2)


@pytest.mark.parametrize(("dose", "controlled"), [(15_000, False), (20_000, True)])
def test_of_many_cells_all_go_one_way_as_the_equations_do(dose, controlled):
    # Published for 1.5e8 and 2e8 CAR T cells on 3.35e10.
    switch = Switch(tumour=3_350_000, cart=dose)
    found = switch.by_numbers(20, step=0.01, end=60.0, seed=1)
    assert ((found[:, 1] < switch.tumour) == controlled).all()


@pytest.mark.parametrize(
    ("seeds", "places"),
    [(120, 5), pytest.param(1000, 1, marks=pytest.mark.slow)],
)
def test_few_cells_die_out_by_the_closed_form_wherever_they_go(seeds, places):
    hops = 0.5 if places > 1 else 0.0
    switch = Switch(**FEW, places=places, hops=hops)
    found = switch.by_study(range(1001, 1001 + seeds), step=0.2, end=8.0, tumour_form="")
    require_share(found[:, 0] == 0, died_out(switch, 8.0))


@pytest.mark.slow
@pytest.mark.parametrize("places", [1, 10])
def test_whole_tumours_are_controlled_as_often_as_by_numbers(places):
    switch = Switch(**SMALL, places=places, dosed=places, hops=0.5 if places > 1 else 0.0)
    found = switch.by_study(range(1, 41), step=0.1, end=60.0)
    own = switch.by_numbers(2000, step=0.01, end=60.0, seed=1)
    for cells, numbers in (
        (found[:, 1] < switch.tumour, own[:, 1] < switch.tumour),
        (found[:, 1] == 0, own[:, 1] == 0),
    ):
        require_share(cells, numbers.mean(), runs=2000)

"""Every host and route, in one body after the other: the door is exact and cells are kept."""

import numpy as np
import pytest

from cartflow.validation.organs.door_runs import (
    BODIES,
    HOSTS,
    LOCAL,
    OTHERS,
    ROUTES,
    TUMOUR_ALONE,
    Measured,
    measured,
    places,
    ways,
    worst,
)

PLACES = list(places(every_body=False))


@pytest.mark.parametrize("place", PLACES, ids=[" ".join(place) for place in PLACES])
def test_coupled_tumour_is_the_lumped_organ_and_cells_are_kept(place):
    found = measured(place)
    through_the_door = place.route in LOCAL or place.model in TUMOUR_ALONE
    assert found.error < (5e-6 if through_the_door else 2e-6)
    assert found.residual <= 1e-10


def test_every_body_host_and_route_is_there():
    assert {p.host for p in PLACES} == set(HOSTS)
    assert {p.route for p in PLACES} == set(ROUTES)
    assert {p.body for p in PLACES} >= set(BODIES)
    every = list(places(every_body=True))
    assert len(set(every)) == len(every) == len(BODIES) * len(ways()) + len(OTHERS)


def test_a_run_that_did_not_finish_is_not_overlooked():
    assert np.isnan(worst([Measured(1e-9, 0.0), Measured(np.nan, np.nan)]).error)

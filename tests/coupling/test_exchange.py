"""Where the door lets cells in."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.coupling.door import Door, rim_fed, vessel_fed
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box

BALL = ball(2.0, 8, layers={"outer": (1.0, 2.0)})


def test_vessels_feed_their_region_evenly():
    weight = vessel_fed(BALL, "outer")
    inside = BALL.region("outer")
    volume = BALL.cell_volumes[inside].sum()
    assert weight[inside] == pytest.approx(np.full(inside.sum(), 1 / volume))
    assert np.all(weight[~inside] == 0)


def test_vessel_density_weighs():
    density = np.linspace(0, 7, 8)
    weight = vessel_fed(BALL, "all", density)
    assert weight / weight[-1] == pytest.approx(density / 7)
    assert weight @ BALL.cell_volumes == pytest.approx(1.0, rel=1e-14)


def test_the_rim_feeds_by_area():
    geometry = box((1.0, 2.0, 3.0), (2, 2, 2))
    weight = rim_fed(geometry, "left")
    assert weight @ geometry.cell_volumes == pytest.approx(1.0, rel=1e-14)
    assert np.all(weight[geometry.centres[:, 0] > 0.5] == 0)
    assert np.flatnonzero(rim_fed(BALL, "rim")).tolist() == [7]


def test_what_is_delivered_is_all_there():
    arrival = vessel_fed(BALL, "outer")
    door = Door(geometry=BALL, arrival=arrival, egress=np.zeros(8))
    density = door.deliver(np.array([100.0, 7.0]))
    assert density @ BALL.cell_volumes == pytest.approx([100.0, 7.0], rel=1e-14)


def test_errors():
    with pytest.raises(InputError, match="unknown name 'outerr'"):
        vessel_fed(BALL, "outerr")
    with pytest.raises(InputError, match="region 'all' has no vessels"):
        vessel_fed(BALL, "all", np.zeros(8))
    with pytest.raises(InputError, match="sum to 2, not 1"):
        Door(geometry=BALL, arrival=2 * vessel_fed(BALL, "all"), egress=np.zeros(8))

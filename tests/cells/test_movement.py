"""Movement against closed forms: displacements, first passages, and what walls leave even."""

import csv
from pathlib import Path

import numba
import numpy as np
import pytest
from cells_in_rooms import cells, gait

from cartflow.cells.movement.walk import room_of, walked
from cartflow.geometries.shapes.ball import ball, hollow_ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.ellipsoid import ellipsoid
from cartflow.geometries.shapes.slab import slab

TABLE = Path(__file__).parents[3] / "shared/data/physiology/first_passage_times.csv"
STILL = {1: np.zeros((0, 2)), 3: np.zeros((0, 1, 6))}
MOST = 20_000


def furth(speed, persistence, time):
    """Return the mean squared displacement in 3-D, 2 v^2 P (t - P (1 - exp(-t/P)))."""
    ended = 1 - np.exp(-time / persistence)
    return 2 * speed**2 * persistence * (time - persistence * ended)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"diffusivity": 0.01}, lambda t: 6 * 0.01 * t),
        ({"speed": 3.0, "persistence": 0.02}, lambda t: furth(3.0, 0.02, t)),
    ],
)
def test_mean_squared_displacement(how, expected):
    geometry = box((10.0, 10.0, 10.0), (2, 2, 2))
    room = room_of(geometry)
    start = cells(room, np.zeros(MOST, dtype=int))
    start.position[:] = 2.5
    now = start
    for step in range(1, 5):
        now = walked(now, room, gait(walls=6, **how), STILL[3], 0.005, step, 1)
        square = ((now.position - start.position) ** 2).sum(axis=1)
        error = square.std() / np.sqrt(MOST)
        assert abs(square.mean() - expected(0.005 * step)) < 4 * error


@pytest.mark.parametrize("how", [{"diffusivity": 0.1}, {"speed": 3.0, "persistence": 0.02}])
@pytest.mark.parametrize(
    "geometry",
    [
        slab(1.0, 8),
        ball(0.5, 8),
        hollow_ball(0.2, 0.5, 6),
        ellipsoid((0.3, 0.3, 0.3), 0.1),
    ],
    ids=lambda g: g.name,
)
def test_what_is_even_stays_even(geometry, how):
    room = room_of(geometry)
    generator = np.random.default_rng(1)
    shares = geometry.cell_volumes / geometry.volume
    now = cells(room, generator.choice(geometry.size, size=MOST, p=shares))
    still = STILL[1] if geometry.active.ndim == 1 else np.zeros((0, geometry.size, 6))
    for step in range(1, 6):
        now = walked(now, room, gait(walls=len(room.walls), **how), still, 0.01, step, 2)
    found = np.bincount(now.place, minlength=geometry.size)
    chi = ((found - MOST * shares) ** 2 / (MOST * shares)).sum() / (geometry.size - 1)
    assert abs(chi - 1) < 4 * np.sqrt(2 / (geometry.size - 1))


def passage(row):
    """Return the mean first-passage time from rim to core, simulated over that of the table."""
    radius, core = float(row["R_um"]) / 1000, float(row["a_um"]) / 1000
    drift = float(row["drift_um_per_min"]) * 1.44
    expected = float(row["mfpt_days"])
    how = gait(diffusivity=float(row["D_um2_per_min"]) * 1.44e-3, stops=[0], drift=0)
    room = room_of(hollow_ball(core, radius, 10))
    now = cells(room, np.full(MOST, 9), seed=7)
    now.position[:] *= (radius / np.linalg.norm(now.position, axis=1))[:, None]
    velocity, dt, times, step = np.full((1, 11), -drift), expected / 80, 0.0, 0
    while now.size:
        step += 1
        moved = walked(now, room, how, velocity, dt, step, 7)
        gone = moved.place < 0
        times += gone.sum() * (step - 0.5) * dt
        now = moved.without(gone)
    return times / MOST / expected


@pytest.mark.parametrize(
    "which",
    [
        ("500", "250.0", "2", "0"),
        pytest.param(("500", "50.0", "2", "0.1"), marks=pytest.mark.slow),
        pytest.param(("500", "250.0", "2", "0.1"), marks=pytest.mark.slow),
        pytest.param(("500", "50.0", "2", "0.5"), marks=pytest.mark.slow),
        pytest.param(("500", "250.0", "10", "0"), marks=pytest.mark.slow),
        pytest.param(("500", "50.0", "10", "0.5"), marks=pytest.mark.slow),
    ],
)
def test_first_passage_times_in_a_ball(which):
    if not TABLE.is_file():
        pytest.skip("the table of first-passage times is not there")
    names = ("R_um", "a_um", "D_um2_per_min", "drift_um_per_min")
    with TABLE.open() as file:
        row = next(r for r in csv.DictReader(file) if tuple(r[n] for n in names) == which)
    # The standard error of the mean is 0.6 %, and less with a drift.
    assert passage(row) == pytest.approx(1, abs=0.01)


def test_threads_change_no_bit():
    geometry = ball(0.5, 8)
    room = room_of(geometry)
    start = cells(room, np.arange(MOST) % 8)
    threads = numba.get_num_threads()
    found = []
    for number in (1, threads):
        numba.set_num_threads(number)
        found.append(walked(start, room, gait(diffusivity=0.1), STILL[1], 0.01, 1, 1))
    numba.set_num_threads(threads)
    np.testing.assert_array_equal(found[0].position, found[1].position)

"""First-passage formulas against equations solved another way and tabulated values."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_bvp

from cartflow.validation.transport.entry import exact_share
from cartflow.validation.transport.first_passage import (
    UM2_PER_MIN,
    UM_PER_MIN,
    chance_alive,
    largest_radius,
    mean_time,
)
from cartflow.validation.transport.first_passage_runs import arrivals, gap_time, passage

TABLE = Path(__file__).parents[2].parent / "shared" / "data/physiology/first_passage_times.csv"


@pytest.mark.parametrize("drift", [0.0, 0.05, 0.7])
def test_mean_time_solves_its_equation(drift):
    radius, target, d = 1.0, 0.4, 0.05

    def slope(r, y):
        return np.array([y[1], (-1 + drift * y[1]) / d - 2 * y[1] / r])

    def ends(a, b):
        return np.array([a[0], b[1]])

    mesh = np.linspace(target, radius, 200)
    solved = solve_bvp(slope, ends, mesh, np.zeros((2, 200)), tol=1e-8, max_nodes=20000)
    assert mean_time(radius, target, d, drift) == pytest.approx(solved.y[0, -1], rel=1e-5)


def test_small_drift_tends_to_none():
    none = mean_time(5.0, 2.5, 0.01)
    assert mean_time(5.0, 2.5, 0.01, 1e-7) == pytest.approx(none, rel=1e-3)


def test_strong_drift_is_the_way_over_the_speed():
    assert mean_time(5.0, 2.5, 1e-4, 1.0) == pytest.approx(2.5, rel=1e-3)


def test_known_times():
    slow = 2 * UM2_PER_MIN
    assert mean_time(5.0, 2.5, slow) == pytest.approx(1808, rel=1e-3)
    ratio = mean_time(5.0, 2.5, slow) / mean_time(5.0, 2.5, slow, 0.5 * UM_PER_MIN)
    assert ratio == pytest.approx(521, rel=2e-3)


@pytest.mark.skipif(not TABLE.exists(), reason="the table of reference values is not there")
def test_tabulated_times():
    with TABLE.open() as file:
        for row in csv.DictReader(file):
            got = mean_time(
                1e-3 * float(row["R_um"]),
                1e-3 * float(row["a_um"]),
                float(row["D_um2_per_min"]) * UM2_PER_MIN,
                float(row["drift_um_per_min"]) * UM_PER_MIN,
            )
            assert got == pytest.approx(float(row["mfpt_days"]), rel=2e-3), row


def test_chance_alive_solves_its_equation():
    radius, target, d, life = 1.0, 0.5, 0.003, 14.0

    def slope(r, y):
        return np.array([y[1], y[0] / (d * life) - 2 * y[1] / r])

    def ends(a, b):
        return np.array([a[0] - 1, b[1]])

    mesh = np.linspace(target, radius, 200)
    solved = solve_bvp(slope, ends, mesh, np.ones((2, 200)), tol=1e-9, max_nodes=20000)
    assert chance_alive(radius, target, d, life) == pytest.approx(solved.y[0, -1], rel=1e-5)
    # Who lives long arrives; and the mean time is what a long life takes off.
    late = (1 - chance_alive(radius, target, d, 1e6)) * 1e6
    assert late == pytest.approx(mean_time(radius, target, d), rel=1e-3)
    assert chance_alive(5.0, 2.5, 2 * UM2_PER_MIN, 7.0) == pytest.approx(2.3e-8, rel=0.02)


def test_largest_radius_inverts_mean_time():
    radius = largest_radius(14.0, 0.5, 0.01, 0.02)
    assert mean_time(radius, 0.5 * radius, 0.01, 0.02) == pytest.approx(14.0, rel=1e-6)


def test_cranks_series():
    assert exact_share(1.0, 1.0, 0.01, 7.0) == pytest.approx(1.0, rel=1e-4)
    # Late, the profile is a parabola on a rising mean: its share of the volume.
    assert exact_share(1.0, 0.5, 0.01, 1e5) == pytest.approx(0.125, rel=1e-3)
    shares = [exact_share(1.0, a, 0.01, 7.0) for a in (0.2, 0.5, 0.8)]
    assert shares == sorted(shares)


@pytest.mark.parametrize("engine", ["fast", "fipy"])
@pytest.mark.parametrize("drift", [0.0, 0.3])
def test_engines_pass(engine, drift):
    exact = mean_time(1.0, 0.5, 0.02, drift)
    found = passage(engine, 1.0, 0.5, 0.02, drift=drift, guess=exact)
    assert found.time == pytest.approx(exact, rel=5e-3)
    assert found.chance == pytest.approx(1.0, rel=1e-4)


def test_arrivals_add_up_to_the_mean_time():
    exact = mean_time(1.0, 0.5, 0.02)
    times, arrived = arrivals("fast", 1.0, 0.5, 0.02, 8 * exact)
    assert np.all(np.diff(arrived) >= -1e-12)
    assert np.trapezoid(1 - arrived, times) == pytest.approx(exact, rel=5e-3)


def test_gap_time():
    assert gap_time("fast", 0.1, 0.003) == pytest.approx(0.1**2 / (2 * 0.003), rel=1e-5)

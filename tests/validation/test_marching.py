"""Where a front stands, and how its speed is read."""

import numpy as np
import pytest

from cartflow.geometries.shapes.box import box
from cartflow.validation.fronts.marching import Track, crossing, profile


def test_crossing_of_an_exponential_is_exact():
    x = np.linspace(0.05, 9.95, 100)
    assert crossing(x, np.exp(-2 * x), np.exp(-2 * 4.321)) == pytest.approx(4.321, rel=1e-12)


def test_crossing_of_a_logistic_front_is_accurate():
    x = np.linspace(0.125, 19.875, 80)
    values = 1 / (1 + np.exp(x - 7.77))
    assert crossing(x, values, 0.5) == pytest.approx(7.77, abs=2e-4)


def test_no_crossing_is_not_a_number():
    x = np.linspace(0, 1, 20)
    assert np.isnan(crossing(x, np.ones(20), 2.0))
    assert np.isnan(crossing(x, np.ones(20), 0.5))


def test_profile_is_the_mean_across():
    geometry = box((3.0, 2.0), (3, 2))
    values = geometry.centres[:, 0] + 100 * geometry.centres[:, 1]
    assert profile(geometry, values, "x") == pytest.approx([100.5, 101.5, 102.5])
    assert profile(geometry, values, "y") == pytest.approx([51.5, 151.5])


def test_speeds_and_curvature_of_a_track():
    times = np.linspace(1, 20, 20)
    track = Track(times=times, positions=2 + 0.3 * times)
    assert track.mean_speed(5.0, 15.0) == pytest.approx(0.3)
    exact = np.log(6.5 / 3.5) / 0.3 / 10
    assert track.mean_curvature(5.0, 15.0) == pytest.approx(exact, rel=1e-3)
    assert track.mean_curvature(5.0, 15.0, 10.0) == pytest.approx(
        np.log(6.5 / 3.5) / 0.3 / 10, rel=1e-3
    )

"""Rules of a published code that its study does not have, which its comparison can add."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cells.luque2024_rules import rows_of_spheres, slower, taken, volume
from benchmarks.cells.luque2024_voxels import PULL, pulled


def test_a_hunter_is_pulled_to_the_others_in_its_voxel_alone():
    position = np.array(
        [[0.01, 0.01, 0.01], [0.02, 0.01, 0.01], [0.025, 0.02, 0.01], [0.031, 0, 0]]
    )
    found = pulled(position, np.array([True, False, False, True]))
    np.testing.assert_allclose(found[0], PULL * np.array([0.025, 0.01, 0.0]))
    np.testing.assert_array_equal(found[1:], 0.0)


def test_the_start_is_the_published_one():
    places = rows_of_spheres()
    assert len(places) == 3963
    # The first two of the stored run, um.
    stored = [[-58.3662, -23.8093, -135.429], [-58.3662, -6.98392, -135.429]]
    np.testing.assert_allclose(1e3 * places[:2], stored, atol=1e-3)


def test_a_cell_halves_its_volume_and_grows_back():
    # The code's own equations, in steps of 6 s.
    solid, fluid, step, found = np.array([0.783, 0.217]) * 0.125, 0.375, 1.0 / 600.0, []
    for number in range(600 * 24):
        if number % 3600 == 0:
            found.append(solid.sum() + fluid)
        change = 1.3 * (0.75 * (solid.sum() + fluid) - fluid)
        solid = solid + step * np.array([0.13, 0.22]) * (np.array([0.783, 0.217]) * 0.25 - solid)
        fluid += step * change
    np.testing.assert_allclose(volume(np.arange(4) / 4.0), found, atol=2e-3)
    assert volume(np.array([np.inf])) == pytest.approx(1.0)


def test_oxygen_is_read_after_uptake():
    # One after another, as 2.25 cells of 10 /min do in a voxel of 8000 um3 in 0.01 min.
    assert taken(np.float64(2.0), np.float64(0.0)) == pytest.approx((1 + 0.1 * 2494 / 8000) ** -2)
    left = taken(np.float64(2.3), np.float64(0.0))
    # What is gone of what was there before, over the time: the rate that the equation needs.
    assert slower(2.3) * 2.3 * 10 * 2494 / 8000 == pytest.approx((1 - left) / 0.01)

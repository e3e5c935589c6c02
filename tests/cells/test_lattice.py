"""Cells on a lattice: exclusion keeps their mean a diffusion, and a full site bears none."""

import numpy as np
import pytest
from cells_in_rooms import cells

from cartflow.cells.births.happen import Weights, choices
from cartflow.cells.crowding.lattice import happened_in_sites, hopped, with_room
from cartflow.cells.movement.walk import room_of
from cartflow.core.outcome import StepFailed
from cartflow.geometries.shapes.box import box


def filled(now, size):
    return np.bincount(now.place, minlength=size)


@pytest.mark.parametrize("per_site", [1, 3])
def test_the_mean_of_exclusion_is_diffusion(per_site):
    # Particles that exclude one another have the mean of those that do not (symmetric exclusion).
    wide, long = 60, 20
    geometry = box((0.02 * long, 0.02 * wide), (long, wide))
    room = room_of(geometry)
    column = room.voxels[:, 0] - 1
    start = np.repeat(np.flatnonzero(column < long // 2), per_site)
    total, runs = np.zeros(geometry.size), 8
    for seed in range(runs):
        now = cells(room, start, seed)
        for step in range(1, 5):
            now = hopped(now, room, np.array([0.01]), per_site, 0.02, step, seed)
            assert filled(now, geometry.size).max() <= per_site
        assert now.size == start.size
        total += filled(now, geometry.size)
    found = np.bincount(column, total) / (runs * wide)
    modes = np.arange(long)
    waves = np.cos(np.pi * modes[:, None] * (np.arange(long) + 0.5) / long)
    rates = 2 * 0.01 / 0.02**2 * (1 - np.cos(np.pi * modes / long))
    first = per_site * (np.arange(long) < long // 2)
    weights = waves @ first * np.where(modes, 2, 1) / long
    expected = (weights * np.exp(-rates * 0.08)) @ waves
    spread = np.sqrt(expected * (1 - expected / per_site) / (runs * wide)) + 1e-3
    assert np.abs((found - expected) / spread).max() < 4


def test_what_divides_fills_all_sites_and_no_more():
    geometry = box((0.2, 0.2), (10, 10))
    room = room_of(geometry)
    acts, _ = choices([0], [(0, 0)], 1)
    now = cells(room, np.array([55]))
    chances, sizes = np.full((1, 100), 4.0), []
    for step in range(1, 300):
        now, counts = happened_in_sites(
            now, room, acts, chances, 2, 0.05, step, 1, 10_000, Weights.none(1)
        )
        sizes.append(now.size)
        assert filled(now, 100).max() <= 2
    assert sizes[-1] == 200
    assert counts[0] == 0
    assert len(np.unique(now.name)) == 200
    assert (now.founder == 0).all()


def test_who_comes_to_a_full_site_goes_to_the_nearest_with_room():
    room = room_of(box((0.2, 0.2), (10, 10)))
    full = cells(room, np.array([0, 1, 10]))
    assert with_room(np.array([0]), full, room, 1)[0] in (2, 11, 20)
    everywhere = cells(room, np.arange(100))
    with pytest.raises(StepFailed, match=r"all sites hold cells\.per_site = 1 cells"):
        with_room(np.array([0]), everywhere, room, 1)

"""Spheres that push one another: two against their closed form, many against what they keep."""

import numba
import numpy as np
import pytest

from cartflow.cells.crowding.bins import bins_of
from cartflow.cells.crowding.spheres import Spheres, pushed

FREE = np.array([True, True, True])
LAW = {"repulsion": np.array([14.4]), "adhesion": np.array([0.0]), "reach": 1.25}
CLINGING = {**LAW, "adhesion": np.array([1.0])}


def push(position, spheres, moving=FREE, seed=1):
    position = np.asarray(position, dtype=float)
    kind, name = np.zeros(len(position), dtype=np.int8), np.arange(len(position), dtype=np.uint64)
    bins = bins_of(position, spheres.farthest, moving)
    return pushed(position, kind, name, spheres, bins, moving, 1, seed)


def apart(steps, days):
    """Return the distance after some time of two spheres pushed in equal steps."""
    spheres = Spheres(radius=np.array([0.008]), **LAW)
    now = np.array([[0.0, 0.0, 0.0], [0.008, 0.0, 0.0]])
    for _ in range(steps):
        now = now + push(now, spheres)[0] * days / steps
    return float(np.linalg.norm(now[1] - now[0]))


def test_two_are_pushed_apart_as_the_closed_form_has_it():
    # The overlap s = 1 - r/R obeys s' = -2 c s^2 / R, each cell going at c s^2.
    touch, days = 0.016, 2e-3
    overlap = 0.5 / (1.0 + 2.0 * 14.4 * 0.5 * days / touch)
    errors = [abs(apart(steps, days) - touch * (1.0 - overlap)) for steps in (20, 40, 80)]
    assert errors[2] < 2e-3 * touch
    # Steps are of the first order.
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.25)
    assert errors[1] / errors[2] == pytest.approx(2, abs=0.15)


def test_two_that_cling_come_to_rest_where_both_forces_are_one():
    spheres = Spheres(radius=np.array([0.008]), **CLINGING)
    now = np.array([[0.0, 0.0, 0.0], [0.01, 0.0, 0.0]])
    for _ in range(4000):
        now = now + push(now, spheres)[0] * 1e-4
    ratio = np.sqrt(1.0 / 14.4)
    expected = 0.016 * (1.0 - ratio) / (1.0 - ratio / 1.25)
    assert np.linalg.norm(now[1] - now[0]) == pytest.approx(expected, rel=1e-6)


def crowd(number=30_000, edge=0.3):
    return np.random.default_rng(3).random((number, 3)) * edge


def test_all_pairs_are_found_and_push_alike():
    position = crowd(400, 0.06)
    spheres = Spheres(radius=np.array([0.008]), **CLINGING)
    velocity, touching = push(position, spheres)
    gaps = position[:, None] - position[None]
    far = np.linalg.norm(gaps, axis=2)
    np.fill_diagonal(far, np.inf)
    force = 14.4 * np.maximum(1 - far / 0.016, 0) ** 2 - np.maximum(1 - far / 0.02, 0) ** 2
    expected = (force[..., None] * gaps / far[..., None]).sum(axis=1)
    np.testing.assert_allclose(velocity, expected, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_array_equal(touching, (far < 0.016).sum(axis=1))
    # What one does to another comes back: the middle of all stays.
    assert np.abs(velocity.sum(axis=0)).max() < 1e-10


def test_threads_change_no_bit():
    position, spheres = crowd(), Spheres(radius=np.array([0.008]), **LAW)
    threads = numba.get_num_threads()
    found = []
    for number in (1, threads):
        numba.set_num_threads(number)
        found.append(push(position, spheres)[0])
    numba.set_num_threads(threads)
    np.testing.assert_array_equal(found[0], found[1])


def test_two_in_one_place_part_in_opposite_ways():
    velocity, _ = push(np.zeros((2, 3)), Spheres(radius=np.array([0.008]), **LAW))
    np.testing.assert_array_equal(velocity[0], -velocity[1])
    assert np.linalg.norm(velocity[0]) == pytest.approx(14.4)
    flat = np.array([True, True, False])
    velocity, _ = push([[0, 0, 0], [0, 0, 0.5]], Spheres(radius=np.array([0.008]), **LAW), flat)
    assert velocity[0, 2] == 0.0
    assert np.linalg.norm(velocity[0]) == pytest.approx(14.4)


def test_a_kind_without_a_radius_neither_pushes_nor_is_pushed():
    spheres = Spheres(
        radius=np.array([0.008, 0.0]),
        repulsion=np.array([14.4, 14.4]),
        adhesion=np.array([1.0, 1.0]),
        reach=1.25,
    )
    position = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.01, 0.0, 0.0]])
    kind, name = np.array([0, 1, 0], dtype=np.int8), np.arange(3, dtype=np.uint64)
    bins = bins_of(position, spheres.farthest, FREE)
    velocity, touching = pushed(position, kind, name, spheres, bins, FREE, 1, 1)
    np.testing.assert_array_equal(velocity[1], 0.0)
    np.testing.assert_array_equal(touching, [1, 0, 1])
    np.testing.assert_allclose(velocity[0], -velocity[2])
    assert velocity[2, 0] > 0.0

"""Distances to vessels: by their definition, of lines at random, and of a measured network."""

from pathlib import Path

import numpy as np
import pytest

from cartflow import InputError
from cartflow.geometries.vessels.distances import distances
from cartflow.geometries.vessels.network import VesselNetwork
from cartflow.geometries.vessels.reading import read_vessels
from cartflow.geometries.vessels.spacing import distance_map, histogram, krogh_radius

RANDOM = np.random.default_rng(5)
MEASURED = Path(__file__).parents[4] / "shared" / "data" / "microvessel_networks"


def network(starts, ends, radii=None):
    lengths = np.linalg.norm(ends - starts, axis=1)
    return VesselNetwork(starts=starts, ends=ends, lengths=lengths, radii=radii)


@pytest.mark.parametrize("thickness", [-3.0, -1.0])
def test_they_are_the_least_over_all_points_of_all_segments(thickness):
    size = 40
    starts = RANDOM.uniform(0, 1, (size, 3))
    ends = starts + RANDOM.normal(size=(size, 3)) * 10 ** RANDOM.uniform(-3, 0, (size, 1))
    radii = 10 ** RANDOM.uniform(-3, thickness + 0.5, (size, 2)) * (RANDOM.random((size, 2)) > 0.1)
    given, places = network(starts, ends, radii), RANDOM.uniform(-0.5, 1.5, (100, 3))
    share = np.linspace(0, 1, 3001)
    along = starts[:, None] + share[:, None] * (ends - starts)[:, None]
    thick = radii[:, :1] + share * (radii[:, 1] - radii[:, 0])[:, None]
    for to, off in (("centre_lines", 0.0), ("walls", thick)):
        found = distances(given, places, to)
        least = np.array([(np.linalg.norm(along - p, axis=-1) - off).min() for p in places])
        assert (least - found).min() > -1e-12
        assert (least - found).max() < 2e-3


def test_random_lines_are_as_far_as_their_density_says():
    """Of a Poisson process of lines P(distance > r) = exp(-pi L r^2); the mean is 1/(2 sqrt(L))."""
    size = 4000
    # Lines through a ball: evenly in the disk across each direction.
    way = RANDOM.normal(size=(size, 3))
    way /= np.linalg.norm(way, axis=1)[:, None]
    off = RANDOM.normal(size=(size, 3))
    off -= np.einsum("ni,ni->n", off, way)[:, None] * way
    off *= (np.sqrt(RANDOM.random(size)) / np.linalg.norm(off, axis=1))[:, None]
    given = network(off - 1.5 * way, off + 1.5 * way)
    density = size / np.pi  # lines through a unit of area across any direction
    places = RANDOM.uniform(-0.4, 0.4, (4000, 3))
    found = distances(given, places)
    np.testing.assert_allclose(found.mean(), 0.5 / np.sqrt(density), rtol=0.03)
    share = (found > 0.02).mean()
    np.testing.assert_allclose(share, np.exp(-np.pi * density * 0.02**2), atol=0.03)


def test_around_one_vessel_tissue_lies_as_in_krogh_s_cylinder():
    given = network(np.array([[0.5, 0.5, -20.0]]), np.array([[0.5, 0.5, 21.0]]))
    found = distance_map(given, 0.01, box=[[0, 0, 0], [1, 1, 0.1]])
    # The mean distance in a unit square from its middle.
    exact = (np.sqrt(2) + np.log(1 + np.sqrt(2))) / 6
    np.testing.assert_allclose(found.mean, exact, rtol=1e-3)
    # In the inscribed cylinder the share within d is d^2/R^2, of the square pi d^2.
    inside = found.values[found.values < 0.5]
    edges, shares = histogram(inside, 4)
    np.testing.assert_allclose(shares, np.diff((edges / 0.5) ** 2), atol=0.01)
    np.testing.assert_allclose(krogh_radius(1.0), 1 / np.sqrt(np.pi))


def test_voxels_are_counted_before_they_are_made():
    given = network(np.zeros((1, 3)), np.ones((1, 3)))
    with pytest.raises(InputError, match=r"voxel: 1e-06 mm makes 1e\+18 voxels"):
        distance_map(given, 1e-6)


@pytest.mark.skipif(not MEASURED.exists(), reason="the measured network is not there")
@pytest.mark.parametrize("name", ["tapmeier_network.vtp", "tapmeier_network_edges.csv"])
def test_the_measured_network_is_as_long_and_as_far_as_was_computed(name):
    """Its own page has 222 mm/mm3 and, over its box, 37.6 um to the nearest centre line."""
    given = read_vessels(MEASURED / name, "um")
    density = given.length / np.prod(np.ptp(given.box, axis=0))
    np.testing.assert_allclose(density, 222.0, rtol=0.01)
    assert given.components == 5
    found = distance_map(given, 5e-3)
    assert found.values.shape == (101, 103, 13)
    np.testing.assert_allclose(found.mean, 37.6e-3, rtol=0.02)
    np.testing.assert_allclose(found.values.max(), 138.8e-3, rtol=0.02)
    with pytest.raises(InputError, match=r"15 of .* segments have a radius of 0"):
        given.with_radii(None, None)
    if name.endswith("vtp"):
        walls = distance_map(given.with_radii(None, 0.0), 10e-3, "walls")
        np.testing.assert_allclose(walls.mean, 25.4e-3, rtol=0.02)

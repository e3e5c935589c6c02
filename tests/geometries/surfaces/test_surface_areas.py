"""Smooth surfaces of masks: areas of known bodies wherever they lie, what a plane passes."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.special import ellipeinc, ellipkinc

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import voxel_mask


def ball(p, r):
    return (p**2).sum(axis=-1) <= r**2


def ellipsoid(p, r):
    # Its smallest radius of curvature is c^2 / a = r.
    return ((p / (np.array([1.5, 1.25, 1.0]) * 1.5 * r)) ** 2).sum(axis=-1) <= 1.0


def torus(p, r):
    return (np.hypot(p[..., 0], p[..., 1]) - 2.5 * r) ** 2 + p[..., 2] ** 2 <= r**2


def shell(p, r):
    return ball(p, 1.6 * r) & ~ball(p, r)


def area_of_ellipsoid(r):
    a, b, c = np.array([1.5, 1.25, 1.0]) * 1.5 * r
    angle = np.arccos(c / a)
    k2 = (a / b) ** 2 * (b**2 - c**2) / (a**2 - c**2)
    elliptic = ellipeinc(angle, k2) * np.sin(angle) ** 2 + ellipkinc(angle, k2) * (c / a) ** 2
    return 2 * np.pi * (c**2 + a * b / np.sin(angle) * elliptic)


BODIES = {
    "ball": (ball, 1.0, lambda r: 4 * np.pi * r**2),
    "ellipsoid": (ellipsoid, 2.25, area_of_ellipsoid),
    "torus": (torus, 3.5, lambda r: 4 * np.pi**2 * 2.5 * r**2),
    "shell": (shell, 1.6, lambda r: 4 * np.pi * r**2 * (1 + 1.6**2)),
}


def placed(name, radius, spacing, seed, surface="smooth", coarsen=1):
    """Return the mask of a body turned and moved at random, and its true area."""
    inside, reach, area = BODIES[name]
    noise = np.random.default_rng(seed)
    spacing = np.array(spacing, dtype=float)
    half = np.ceil(reach * radius / spacing).astype(int) + 1
    axes = [np.arange(-n, n + 1) * h for n, h in zip(half, spacing, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    points += noise.uniform(-0.5, 0.5, 3) * spacing
    labels = inside(points @ Rotation.random(random_state=seed).as_matrix(), radius)
    affine = np.diag([*spacing, 1.0])
    return voxel_mask(labels, affine, surface=surface, coarsen=coarsen), area(radius)


def whole_area(geometry):
    """Return the area of rim and wall: a shell has both."""
    return sum(boundary.area for boundary in geometry.boundaries.values())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", BODIES)
def test_areas_are_true_within_a_percent_from_eight_voxels(name, seed):
    geometry, area = placed(name, 8.0, (1, 1, 1), seed)
    assert whole_area(geometry) == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("name", ["ball", "shell"])
def test_areas_are_true_within_three_permille_from_twenty_voxels(name):
    geometry, area = placed(name, 20.0, (1, 1, 1), 5)
    assert whole_area(geometry) == pytest.approx(area, rel=0.003)


@pytest.mark.parametrize("spacing", [(0.5, 0.5, 2.0), (0.5, 0.5, 4.0)])
def test_slices_four_and_eight_times_thicker(spacing):
    geometry, area = placed("ball", 8.0 * spacing[2] / 2, spacing, 2)
    assert geometry.boundary("rim").area == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("seed", range(2))
def test_pieces_are_where_the_surface_is(seed):
    """Over a ball the squares of x, y and z have the same mean."""
    geometry, _ = placed("ball", 12.0, (1, 1, 1), seed)
    rim = geometry.boundary("rim")
    assert rim.areas.min() >= 0
    middle = np.average(geometry.centres, axis=0, weights=geometry.cell_volumes)
    squares = (geometry.centres[rim.cells] - middle) ** 2
    shares = rim.areas @ squares / (rim.areas @ squares).sum()
    assert shares == pytest.approx(np.full(3, 1 / 3), rel=0.01)


def test_blocks_hold_the_pieces_of_their_voxels():
    fine, _ = placed("torus", 6.0, (1, 1, 1), 4)
    coarse, _ = placed("torus", 6.0, (1, 1, 1), 4, coarsen=(3, 2, 1))
    assert coarse.boundary("rim").area == pytest.approx(fine.boundary("rim").area, rel=1e-12)


def test_a_fixed_value_passes_what_the_staircase_passes():
    """The area over the distance, which is what counts there, is that of the whole face."""
    smooth, stairs = (placed("ball", 8.0, (1, 1, 2), 1, s)[0] for s in ("smooth", "staircase"))
    one, other = smooth.boundary("rim"), stairs.boundary("rim")
    there = one.areas > 0
    assert np.array_equal(one.cells, other.cells)
    whole = (other.areas / other.distances)[there]
    assert (one.areas / one.distances)[there] == pytest.approx(whole, rel=1e-12)
    assert np.array_equal(smooth.cell_volumes, stairs.cell_volumes)


def test_an_oblique_plane_lies_as_far_from_the_centres_as_the_faces_say():
    """Over a plane the mean distance, weighted with the areas, is that of the voxels' centres."""
    normal = np.array([0.6, 0.48, 0.64])
    axes = np.meshgrid(*(np.arange(60.0) - 29.5,) * 3, indexing="ij")
    height = np.stack(axes, axis=-1) @ normal
    geometry = voxel_mask((height <= 0.1) & (height > -20.0), np.eye(4))
    rim = geometry.boundary("rim")
    centres = geometry.centres - 29.5
    place, above = centres[rim.cells], (centres @ normal)[rim.cells] > -5
    here = above & (np.abs(place) < 15).all(axis=1)
    weight = rim.areas[here]
    true = 0.1 - place[here] @ normal
    assert np.average(rim.distances[here], weights=weight) == pytest.approx(
        np.average(true, weights=weight), rel=0.05
    )


def test_a_wall_of_one_layer_and_a_single_voxel_hold_their_faces():
    alone = voxel_mask(np.ones((1, 1, 1)), np.diag([1.0, 2.0, 3.0, 1.0]))
    assert alone.boundary("rim").area == pytest.approx(22.0, rel=1e-6)
    wall = voxel_mask(np.ones((1, 40, 40)), np.eye(4), planar=False)
    rim = wall.boundary("rim")
    held = wall.scatter(np.bincount(rim.cells, rim.areas)).squeeze()
    assert held[6:-6, 6:-6] == pytest.approx(np.full((28, 28), 2.0), rel=1e-6)


def test_another_surface_is_refused():
    with pytest.raises(InputError, match="surface: unknown name 'stairs'; allowed: smooth, stair"):
        voxel_mask(np.ones((2, 2, 2)), np.eye(4), surface="stairs")

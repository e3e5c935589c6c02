"""Depths below a mask's surface, against those below the balls, ellipsoids and boxes it shows."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.surfaces.depth import depths
from cartflow.results.counted import penetration_depth

AXES = np.array([1.5, 1.25, 1.0])
VOXELS = {"cubic": (1.0, 1.0, 1.0), "twice as high": (1.0, 1.0, 2.0)}


def placed(reach, voxel, seed):
    """Return the centres of voxels around a body that lies anywhere, turned at random."""
    noise = np.random.default_rng(seed)
    half = [int(np.ceil(reach / h)) + 1 for h in voxel]
    axes = [np.arange(-n, n + 1) * h for n, h in zip(half, voxel, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    points = points + noise.uniform(-0.5, 0.5, 3) * voxel
    return points @ Rotation.random(random_state=seed).as_matrix()


def ball(points, radius):
    return radius - np.linalg.norm(points, axis=-1)


def box(points, radius):
    return (radius * np.array([1.0, 0.8, 0.6]) - np.abs(points)).min(axis=-1)


def ellipsoid(points, radius):
    """Return the distance to the nearest of many points on the surface, below 0 outside."""
    number = 30_000
    z = 1.0 - (2.0 * np.arange(number) + 1.0) / number
    angle = np.pi * (1.0 + 5.0**0.5) * np.arange(number)
    flat = np.sqrt(1.0 - z**2)
    sphere = np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=-1)
    surface = cKDTree(sphere * AXES * radius)
    inside = np.linalg.norm(points / (AXES * radius), axis=-1) <= 1.0
    depth = np.full(inside.shape, -1.0)
    depth[inside] = surface.query(points[inside])[0]
    return depth


BODIES = {"ball": (ball, 1.0), "ellipsoid": (ellipsoid, 1.5), "turned box": (box, 1.0)}


def errors(name, radius, voxel, seed):
    """Return the depths of a body's voxels less the true ones, in their longest edges."""
    true, reach = BODIES[name]
    depth = true(placed(reach * radius, voxel, seed), radius)
    inside = depth >= 0
    return (depths(inside, np.array(voxel)) - depth)[inside] / max(voxel)


@pytest.mark.parametrize("voxel", VOXELS.values(), ids=VOXELS)
@pytest.mark.parametrize("name", BODIES)
def test_depths_are_those_of_the_body_within_half_a_voxel(name, voxel):
    found = [errors(name, 10.0 * max(voxel), voxel, seed) for seed in range(3)]
    for error in found:
        assert abs(error.mean()) < 0.1
        assert np.quantile(np.abs(error), 0.97 if name == "turned box" else 0.99) < 0.5
        # A surface along the grid lies anywhere in a voxel; at a sharp edge it has no one normal.
        assert np.abs(error).max() < (1.5 if name == "turned box" else 0.8)
    assert abs(np.mean([error.mean() for error in found])) < 0.05


@pytest.mark.parametrize("voxel", VOXELS.values(), ids=VOXELS)
def test_a_depth_in_mm_falls_to_the_true_one_with_the_voxels(voxel):
    # The same ball in voxels of an eighth, a sixteenth of its radius.
    rms = [
        np.mean([np.sqrt(np.mean((errors("ball", n, voxel, seed) / n) ** 2)) for seed in range(3)])
        for n in (6.0, 12.0, 24.0)
    ]
    assert rms[1] < 0.55 * rms[0]
    assert rms[2] < 0.55 * rms[1]


@pytest.mark.parametrize("voxel", VOXELS.values(), ids=VOXELS)
def test_a_box_along_the_grid_is_exact_where_no_edge_is_near(voxel):
    inside = np.ones((18, 16, 20), dtype=bool)
    across = [
        (np.minimum(np.arange(n), n - 1 - np.arange(n)) + 0.5) * h
        for n, h in zip(inside.shape, voxel, strict=True)
    ]
    true = np.minimum.reduce(np.meshgrid(*across, indexing="ij"))
    found = depths(inside, np.array(voxel))
    middle = (slice(7, -7),) * 3
    for axis in range(3):
        column = tuple(slice(None) if a == axis else middle[a] for a in range(3))
        shallow = true[column] < 4.0
        assert found[column][shallow] == pytest.approx(true[column][shallow], rel=1e-4)
    assert np.abs(found - true).max() <= 0.5 * max(voxel) + 1e-9


@pytest.mark.parametrize("split", [2, 3])
def test_the_parts_of_split_voxels_lie_below_the_same_surface(split):
    radius = 8.0
    depth = ball(placed(radius, (1.0, 1.0, 1.0), 4), radius)
    labels = depth >= 0
    whole, parts = (voxel_mask(labels, np.eye(4), split=n) for n in (1, split))
    assert whole.maximal_depth == pytest.approx(depth.max(), abs=0.5)
    assert parts.maximal_depth == pytest.approx(radius, abs=0.5)
    held = [(g.depth * g.cell_volumes).sum() / g.volume for g in (whole, parts)]
    # A ball's mean depth is a quarter of its radius.
    assert held == pytest.approx([radius / 4, radius / 4], abs=0.15)
    assert held[1] == pytest.approx(held[0], abs=0.06)


@pytest.mark.parametrize("reach", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("voxel", VOXELS.values(), ids=VOXELS)
def test_the_depth_that_holds_95_percent_is_that_of_the_ball(voxel, reach):
    radius = 10.0 * max(voxel)
    reach *= max(voxel)

    def held(depth):
        return quad(lambda t: (radius - t) ** 2 * np.exp(-t / reach), 0.0, depth)[0]

    true = brentq(lambda t: held(t) - 0.95 * held(radius), 0.0, radius)
    depth = ball(placed(radius, voxel, 7), radius)
    inside = depth >= 0
    cells = np.exp(-depth[inside] / reach)
    found = penetration_depth(cells, depths(inside, np.array(voxel))[inside])
    assert found == pytest.approx(true, abs=0.25 * max(voxel))

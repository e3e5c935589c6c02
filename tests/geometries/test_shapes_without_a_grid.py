"""Hollow balls, cylinders, ellipsoids and graded cells: exact sizes, named walls, refusals."""

import numpy as np
import pytest
from scipy.integrate import dblquad

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball, hollow_ball
from cartflow.geometries.shapes.cylinder import cylinder, cylindrical_shell
from cartflow.geometries.shapes.ellipsoid import ellipsoid
from cartflow.geometries.shapes.slab import slab


def test_a_hollow_ball_is_a_ball_less_its_cavity():
    geometry = hollow_ball(2.0, 3.0, 7)
    assert geometry.volume == pytest.approx(4 / 3 * np.pi * (27 - 8), rel=1e-14)
    assert geometry.boundary("wall").area == pytest.approx(16 * np.pi, rel=1e-14)
    assert geometry.boundary("rim").area == pytest.approx(36 * np.pi, rel=1e-14)
    assert geometry.boundary("wall").cells.tolist() == [0]
    assert geometry.boundary("rim").cells.tolist() == [6]
    assert list(geometry.boundaries) == ["rim", "wall"]
    edges = np.linspace(2, 3, 8)
    assert np.ravel(geometry.mesh.faceCenters) == pytest.approx(edges)
    assert np.ravel(geometry.mesh.cellCenters) == pytest.approx(geometry.centres[:, 0])
    assert geometry.connectivity.areas == pytest.approx(4 * np.pi * edges[1:-1] ** 2)


def test_a_cylinder_and_the_shell_around_a_vessel():
    whole, inner = cylinder(0.1, 10, length=5.0), cylinder(0.01, 3, length=5.0)
    shell = cylindrical_shell(0.01, 0.1, 9, length=5.0)
    assert whole.volume == pytest.approx(np.pi * 0.01 * 5, rel=1e-14)
    assert whole.boundary("rim").area == pytest.approx(2 * np.pi * 0.1 * 5, rel=1e-14)
    assert shell.volume == pytest.approx(whole.volume - inner.volume, rel=1e-13)
    assert shell.boundary("wall").area == pytest.approx(inner.boundary("rim").area, rel=1e-14)
    assert shell.boundary("rim").area == pytest.approx(whole.boundary("rim").area, rel=1e-14)


@pytest.mark.parametrize(
    ("depth_from", "depth"),
    [("nearest", [0.1, 0.3, 0.5, 0.3, 0.1]), ("wall", [0.1, 0.3, 0.5, 0.7, 0.9])],
)
def test_depth_from_the_surface_that_is_named(depth_from, depth):
    geometry = cylindrical_shell(1.0, 2.0, 5, depth_from=depth_from)
    assert geometry.depth == pytest.approx(depth)
    core = geometry.region("core")
    assert np.array_equal(core, np.array(depth) >= max(depth) / 2)
    from_rim = hollow_ball(1.0, 2.0, 5, depth_from="rim")
    assert from_rim.depth == pytest.approx([0.9, 0.7, 0.5, 0.3, 0.1])


def test_layers_of_a_hollow_shape_run_from_its_middle():
    geometry = hollow_ball(1.0, 2.0, 10, layers={"margin": (1.0, 1.3)})
    assert geometry.region("margin").tolist() == [True] * 3 + [False] * 7
    with pytest.raises(InputError, match=r"'a': got \(0, 1.5\); needed is 1 <= from < to <= 2 mm"):
        hollow_ball(1.0, 2.0, 10, layers={"a": (0.0, 1.5)})


def area_of_ellipsoid(a, b, c):
    def element(theta, phi):
        x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
        return np.sin(theta) * np.sqrt((b * c * x) ** 2 + (a * c * y) ** 2 + (a * b * z) ** 2)

    return 8 * dblquad(element, 0, np.pi / 2, 0, np.pi / 2)[0]


@pytest.mark.parametrize("axes", [(2.0, 2.0, 2.0), (3.0, 2.0, 1.5), (1.0, 4.0, 2.0)])
def test_an_ellipsoid_has_its_volume_and_surface(axes):
    geometry = ellipsoid(axes, 0.3)
    assert geometry.volume == pytest.approx(4 / 3 * np.pi * np.prod(axes), rel=1e-13)
    assert geometry.boundary("rim").area == pytest.approx(area_of_ellipsoid(*axes), rel=1e-8)
    extent = np.ptp(geometry.centres, axis=0) / 2
    assert extent == pytest.approx(axes, abs=0.31)
    assert np.average(geometry.centres, axis=0) == pytest.approx(
        np.zeros(3), abs=0.03
    )  # a tenth of a voxel
    moments = np.sqrt(5 * np.mean(geometry.centres**2, axis=0))
    assert moments == pytest.approx(axes, rel=0.02)


def test_graded_cells_are_exact_and_thin_where_they_should_be():
    geometry = ball(2.0, 40, layers={"outer": (1.0, 2.0)}, grading=10)
    assert geometry.size == 40
    assert geometry.volume == pytest.approx(4 / 3 * np.pi * 8, rel=1e-14)
    outer = geometry.cell_volumes[geometry.region("outer")].sum()
    assert outer == pytest.approx(4 / 3 * np.pi * 7, rel=1e-14)
    edges = np.sort(np.ravel(geometry.mesh.faceCenters))
    steps = np.diff(edges)
    border = int(np.argmin(np.abs(edges - 1.0)))
    assert edges[border] == 1.0
    assert 6 < steps.max() / steps.min() < 12
    assert steps.argmax() == 0
    assert max(steps[border - 1], steps[border], steps[-1]) < 1.5 * steps.min()
    ratios = steps[1:] / steps[:-1]
    assert 0.5 < ratios.min() < ratios.max() < 2


def test_a_grading_of_one_makes_equal_cells_at_layers_edges():
    edges = np.ravel(slab(1.0, 10, layers={"a": (0.0, 0.4)}, grading=1).mesh.faceCenters)
    assert np.sort(edges) == pytest.approx(np.linspace(0, 1, 11))


def test_an_inner_wall_is_a_boundary_of_its_own():
    points = np.stack(np.meshgrid(*(np.arange(-18.0, 19.0),) * 3, indexing="ij"), axis=-1)
    r = np.linalg.norm(points + 0.2, axis=-1)
    geometry = voxel_mask((r <= 17) & (r > 9), np.eye(4))
    assert geometry.boundary("rim").area == pytest.approx(4 * np.pi * 17**2, rel=0.01)
    assert geometry.boundary("wall").area == pytest.approx(4 * np.pi * 9**2, rel=0.01)
    from_centre = np.linalg.norm(geometry.centres - 17.8, axis=1)
    assert from_centre[geometry.boundary("wall").cells].max() < 11
    assert from_centre[geometry.boundary("rim").cells].min() > 15
    assert "enclosed cavities" in geometry.notes[-1]


@pytest.mark.parametrize("coarsen", [1, 2])
def test_a_hole_that_is_open_at_a_corner_is_outside(coarsen):
    labels = np.ones((6, 6, 6), dtype=int)
    labels[2:4, 2:4, 2:4] = 0
    closed = voxel_mask(labels, np.eye(4), coarsen=coarsen, surface="staircase")
    assert closed.boundary("wall").area == 24
    assert closed.boundary("rim").area == 216
    labels[4, 4, 4] = labels[5, 5, 5] = 0
    opened = voxel_mask(labels, np.eye(4), coarsen=coarsen, surface="staircase")
    assert list(opened.boundaries) == ["rim"]
    assert opened.boundary("rim").area == 216 + 24 + 6 + 0
    assert not opened.notes


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: hollow_ball(2, 2, 5), "hollow_ball inner_radius: got 2 mm; it must be below the"),
        (lambda: hollow_ball(0, 2, 5), "hollow_ball inner_radius: got 0; it must be finite and"),
        (lambda: cylinder(1, 5, length=-1), "cylinder length: got -1; it must be finite"),
        (lambda: cylindrical_shell(1, 2, 0), "cylindrical_shell cells: got 0; it must be a whole"),
        (
            lambda: hollow_ball(1, 2, 5, depth_from="inside"),
            "hollow ball depth_from: unknown name 'inside'; allowed: nearest, rim, wall",
        ),
        (lambda: ball(1, 5, grading=0.5), "ball radius grading: got 0.5; it must lie between 1"),
        (
            lambda: ball(1, 2, {"a": (0.2, 0.4), "b": (0.5, 0.6)}, grading=3),
            "ball radius cells: got 2; its layers part it into 5",
        ),
        (lambda: ellipsoid((1, 2), 0.1), r"ellipsoid semi_axes: got \(1, 2\); give three lengths"),
        (
            lambda: ellipsoid((1, 2, 0.1), 0.2),
            "ellipsoid spacing: got 0.2 mm; it must not be above the shortest half axis, 0.1 mm",
        ),
        (lambda: ellipsoid((9, 9, 9), 0.01), "spacing: got 0.01 mm; .* voxels are more than"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(InputError, match=message):
        make()

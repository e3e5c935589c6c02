"""Slabs and balls: exact sizes, names, errors, and FiPy solved on them."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.connectivity import read_connectivity
from cartflow.geometries.fipy_import import fipy
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.shells import row_of_cells
from cartflow.geometries.shapes.slab import slab


def steady_uptake(geometry, surface, thiele_squared):
    """Solve div grad c = k c with c = 1 on the boundary `surface`, by FiPy's terms."""
    concentration = fipy().CellVariable(mesh=geometry.mesh, value=1.0)
    boundary = geometry.boundary(surface)
    exchange = np.zeros(geometry.size)
    np.add.at(exchange, boundary.cells, boundary.areas / boundary.distances)
    source = fipy().CellVariable(mesh=geometry.mesh, value=exchange / geometry.cell_volumes)
    equation = fipy().DiffusionTerm(coeff=1.0) + source == fipy().ImplicitSourceTerm(
        coeff=source + thiele_squared
    )
    equation.solve(var=concentration, solver=fipy().LinearLUSolver(tolerance=1e-14, iterations=20))
    return concentration.value


def ball_error(cells):
    geometry = ball(1.0, cells)
    r = geometry.centres[:, 0]
    exact = np.sinh(r) / (r * np.sinh(1.0))
    return np.abs(steady_uptake(geometry, "rim", 1.0) - exact).max()


def test_uptake_in_a_ball_converges_to_the_exact_profile_at_second_order():
    errors = np.array([ball_error(cells) for cells in (10, 20, 40)])
    assert errors[-1] < 1e-4
    assert np.log2(errors[:-1] / errors[1:]).min() >= 1.9


def test_uptake_in_unequal_shells_reaches_the_exact_profile():
    geometry = ball(edges=np.sqrt(np.linspace(0, 1, 81)).tolist())
    r = geometry.centres[:, 0]
    exact = np.sinh(3 * r) / (r * np.sinh(3.0))
    assert np.abs(steady_uptake(geometry, "rim", 9.0) - exact).max() < 2e-3


def test_uptake_in_a_slab_is_a_cosh():
    geometry = slab(2.0, 100, area=3.0)
    exact = np.cosh(2.0 - geometry.centres[:, 0]) / np.cosh(2.0)
    assert steady_uptake(geometry, "left", 1.0) == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("edges", [None, [0, 0.1, 0.15, 1.1, 2.0]])
def test_shells_are_exact(edges):
    geometry = ball(2.0, 4) if edges is None else ball(edges=edges)
    edges = np.array(edges if edges else [0, 0.5, 1, 1.5, 2.0])
    exact = 4 / 3 * np.pi * (edges[1:] ** 3 - edges[:-1] ** 3)
    assert geometry.cell_volumes == pytest.approx(exact, rel=1e-13)
    assert geometry.volume == pytest.approx(4 / 3 * np.pi * 8, rel=1e-14)
    assert np.array_equal(geometry.mesh.cellVolumes, geometry.cell_volumes)
    assert geometry.connectivity.areas == pytest.approx(4 * np.pi * edges[1:-1] ** 2, rel=1e-14)
    assert geometry.boundary("rim").area == pytest.approx(16 * np.pi, rel=1e-14)
    assert geometry.boundary("rim").cells.tolist() == [3]
    assert geometry.boundary("rim").distances == pytest.approx([(edges[4] - edges[3]) / 2])
    assert geometry.depth == pytest.approx(2.0 - geometry.centres[:, 0])


def test_the_face_gradient_of_a_linear_field_is_one():
    geometry = ball(2.0, 10)
    field = fipy().CellVariable(mesh=geometry.mesh, value=geometry.centres[:, 0])
    assert np.asarray(field.faceGrad)[0, 1:-1] == pytest.approx(np.ones(9))


def test_the_divergence_of_a_radial_flux_is_exact():
    geometry = ball(2.0, 10)
    flux = fipy().FaceVariable(mesh=geometry.mesh, rank=1, value=geometry.mesh.faceCenters)
    assert np.asarray(flux.divergence) == pytest.approx(np.full(10, 3.0))


def test_thin_shells_keep_their_digits():
    edges = [0.0, 10.0, 10.0 + 1e-9]
    assert ball(edges=edges).cell_volumes[1] == pytest.approx(
        4 * np.pi * 100 * (edges[2] - edges[1]), rel=1e-9
    )


def test_slab_has_area_and_depth_from_the_left():
    geometry = slab(5.0, 10, area=2.5)
    assert geometry.dims == ("x",)
    assert geometry.volume == pytest.approx(12.5, rel=1e-14)
    assert geometry.mesh.cellVolumes == pytest.approx(np.full(10, 1.25))
    assert geometry.connectivity.areas == pytest.approx(np.full(9, 2.5))
    assert geometry.depth == pytest.approx(np.arange(10) * 0.5 + 0.25)
    assert geometry.maximal_depth == 4.75
    assert geometry.boundary("left").cells.tolist() == [0]
    assert geometry.boundary("right").cells.tolist() == [9]
    assert geometry.boundary("right").areas.tolist() == [2.5]


def test_core_and_rim_part_the_ball_at_half_depth():
    geometry = ball(1.0, 10)
    core = geometry.region("core")
    assert geometry.depth[core].min() >= geometry.maximal_depth / 2
    assert geometry.depth[geometry.region("rim")].max() < geometry.maximal_depth / 2
    assert np.array_equal(core, ~geometry.region("rim"))
    assert geometry.region("all").all()


def test_layers_part_the_cells_by_their_centres():
    geometry = ball(2.0, 20, layers={"necrotic": (0, 0.5), "viable": (0.5, 2.0)})
    assert geometry.region("necrotic").sum() == 5
    assert np.array_equal(geometry.region("viable"), ~geometry.region("necrotic"))
    volume = geometry.cell_volumes[geometry.region("necrotic")].sum()
    assert volume == pytest.approx(4 / 3 * np.pi * 0.125, rel=1e-13)


def test_a_core_of_the_users_own_leaves_the_rest_as_rim():
    geometry = slab(1.0, 10, layers={"core": (0.8, 1.0)})
    assert geometry.region("core").sum() == 2
    assert np.array_equal(geometry.region("rim"), ~geometry.region("core"))
    only_rim = slab(1.0, 10, layers={"rim": (0, 0.3)})
    assert only_rim.region("core").sum() == 7


def test_one_cell_is_a_geometry():
    geometry = ball(1.0, 1)
    assert geometry.connectivity.faces.size == 0
    assert geometry.mesh.cellVolumes == pytest.approx([4 / 3 * np.pi])
    assert geometry.region("core").tolist() == [True]


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), "5", None, True])
def test_sizes_must_be_positive(bad):
    with pytest.raises(InputError, match=r"slab length: .* must be"):
        slab(bad, 10)
    with pytest.raises(InputError, match=r"ball radius: .* must be"):
        ball(bad, 10)
    with pytest.raises(InputError, match=r"slab area: .* must be"):
        slab(1.0, 10, area=bad)


@pytest.mark.parametrize("bad", [0, -3, 2.5, float("nan"), None])
def test_numbers_of_cells_must_be_whole(bad):
    with pytest.raises(InputError, match=r"ball radius cells: .* must be"):
        ball(1.0, bad)


@pytest.mark.parametrize(
    "edges", [[0], [0.1, 1], [0, 1, 1], [0, 2, 1], [0, np.nan], [0, np.inf], "no", [[0, 1]]]
)
def test_edges_must_rise_from_zero(edges):
    with pytest.raises(InputError, match="finite numbers that rise from 0 mm"):
        ball(edges=edges)


def test_size_and_edges_exclude_each_other():
    with pytest.raises(InputError, match="or edges, not both"):
        slab(1.0, 10, edges=[0, 1])


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ((-1, 1), r"slab: layer 'a': got \(-1, 1\); needed is 0 <= from < to <= 2 mm"),
        ((0, 3), r"got \(0, 3\); needed"),
        ((1, 1), r"got \(1, 1\); needed"),
        ((0, float("nan")), r"layer 'a': got nan; it must be a finite number"),
        ("02", r"layer 'a': got '02'; give \(from, to\) in mm"),
        ((0, 1, 2), r"give \(from, to\) in mm"),
        ((0, 0.01), r"region 'a' holds no cell"),
    ],
)
def test_bad_layers(layer, message):
    with pytest.raises(InputError, match=message):
        slab(2.0, 10, layers={"a": layer})


def test_all_cannot_be_redefined():
    with pytest.raises(InputError, match="the region name 'all' is taken"):
        slab(2.0, 10, layers={"all": (0, 1)})


@pytest.mark.parametrize("start", [0.0, 0.3])
@pytest.mark.parametrize("cells", [1, 2, 47])
def test_faces_are_those_of_the_mesh_to_the_last_digit(start, cells):
    random = np.random.default_rng(cells)
    edges = start + np.cumsum(np.append(0.0, random.uniform(0.01, 1.0, cells)))
    geometry = row_of_cells(
        name="row",
        dim="r",
        edges=edges,
        areas=random.random(cells + 1),
        volumes=random.random(cells) + 0.1,
        boundaries={"rim": -1},
        layers=None,
        surfaces=(-1,),
    )
    for name, expected in vars(read_connectivity(geometry.mesh)).items():
        found = getattr(geometry.connectivity, name)
        assert np.array_equal(found, expected)
        assert getattr(found, "dtype", None) == getattr(expected, "dtype", None)

"""Cells on no grid: sizes, faces, depths, and gradients that are exact for planes."""

import numpy as np
import pytest
from cell_meshes import ball_of_tetrahedra, cube, geometry_of, tetrahedra, triangles

from cartflow.core.outcome import InputError
from cartflow.geometries.meshes.building import cell_mesh
from cartflow.geometries.meshes.geometry import NamedMesh, mesh_geometry

# A cube, a pyramid upon it, a wedge beside it, and a tetrahedron beside the wedge.
CUBE = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)]
POINTS = np.array([*CUBE, (0.5, 0.5, 2), (2, 0, 0), (2, 0, 1), (1.5, 0.5, 2)], dtype=float)
CORNERS = [[0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7, 8], [1, 2, 9, 5, 6, 10], [5, 10, 6, 11]]
KINDS = np.array([12, 14, 13, 10])
VOLUMES = [1.0, 1 / 3, 0.5, 1 / 6]
PLANE = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (2, 0, 0)], dtype=float)


def padded(rows):
    most = max(map(len, rows))
    return np.array([row + [-1] * (most - len(row)) for row in rows])


def mixed(corners=CORNERS):
    mesh = cell_mesh(POINTS, padded(corners), KINDS)
    return mesh_geometry(NamedMesh(mesh=mesh, regions={}, surfaces={}))


def test_mixed_cells_have_their_volumes_and_meet_in_their_faces():
    geometry = mixed()
    np.testing.assert_allclose(geometry.cell_volumes, VOLUMES, rtol=1e-14)
    pairs = {tuple(sorted(p)) for p in geometry.cell_mesh.face_cells[geometry.cell_mesh.inner]}
    assert pairs == {(0, 1), (0, 2), (2, 3)}
    # The cube's four free squares, four triangles, the wedge's three, the tetrahedron's three.
    slant = 4 * 0.5 * np.hypot(1, 0.5)
    np.testing.assert_allclose(geometry.centres[0], [0.5, 0.5, 0.5], atol=1e-14)
    np.testing.assert_allclose(geometry.centres[1], [0.5, 0.5, 1.25], atol=1e-14)
    cells = geometry.boundary("rim").cells
    assert geometry.boundary("rim").areas[cells == 1].sum() == pytest.approx(slant / 2 * 2)
    assert np.bincount(cells).tolist() == [4, 4, 3, 3]


def test_cells_turned_inside_out_are_turned_back():
    turned = [[0, 3, 2, 1, 4, 7, 6, 5], [4, 7, 6, 5, 8], [1, 9, 2, 5, 10, 6], [10, 5, 6, 11]]
    np.testing.assert_allclose(mixed(turned).cell_volumes, VOLUMES, rtol=1e-14)


def test_a_plane_is_as_thick_as_is_said_wherever_it_lies():
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    cells, kinds = padded([[0, 1, 2, 3], [1, 4, 2]]), np.array([9, 5])
    for points in (PLANE, PLANE @ turn.T + 3.0):
        mesh = cell_mesh(points, cells, kinds, 0.25)
        geometry = mesh_geometry(NamedMesh(mesh=mesh, regions={}, surfaces={}))
        np.testing.assert_allclose(geometry.cell_volumes, [0.25, 0.125], rtol=1e-12)
        middle = points[[1, 4, 2]].mean(axis=0)
        np.testing.assert_allclose(geometry.centres[1], middle, atol=1e-12)
        rim = geometry.boundary("rim").area
        assert rim == pytest.approx(0.25 * (4.0 + np.sqrt(2.0)), rel=1e-12)


@pytest.mark.parametrize("make", [mixed, lambda: tetrahedra(4), lambda: triangles(6)])
def test_slopes_at_faces_and_in_cells_are_exact_for_planes(make):
    geometry = make()
    faces = geometry.connectivity
    dimension = faces.oblique.apart.shape[1]
    slope = np.array([1.0, -2.0, 0.5])[:dimension]
    values = 3.0 + geometry.centres[:, :dimension] @ slope
    mesh = geometry.mesh
    normals = np.asarray(mesh.faceNormals).T[faces.faces]
    found = faces.differences(values) / (faces.owner_distance + faces.neighbour_distance)
    # Four cells fix no plane at each vertex of the mixed mesh, though they do between them.
    few = geometry.size < 10
    if not few:
        np.testing.assert_allclose(found, normals @ slope, atol=1e-10)
        gradients = faces.oblique.gradients(values)
        np.testing.assert_allclose(gradients.T, np.tile(slope, (geometry.size, 1)), atol=1e-10)
    still = faces.differences(np.full(geometry.size, 7.0))
    np.testing.assert_allclose(still, 0.0, atol=1e-12)


def test_fipys_mesh_has_the_same_sizes():
    for geometry in (mixed(), triangles(3), tetrahedra(2)):
        mesh, faces = geometry.mesh, geometry.connectivity
        np.testing.assert_allclose(np.asarray(mesh.cellVolumes), geometry.cell_volumes, rtol=1e-12)
        across = np.asarray(mesh._cellDistances)[faces.faces]
        ours = faces.owner_distance + faces.neighbour_distance
        np.testing.assert_allclose(across, ours, rtol=1e-12)
        first = np.asarray(mesh.faceCellIDs[0])[faces.faces]
        assert np.array_equal(first, faces.owner)


def test_depths_are_distances_to_the_surface():
    geometry = tetrahedra(5)
    expected = np.minimum(geometry.centres, 1.0 - geometry.centres).min(axis=1)
    np.testing.assert_allclose(geometry.depth, expected, rtol=1e-12)
    square = triangles(7)
    inside = square.centres[:, :2]
    expected = np.minimum(inside, 1.0 - inside).min(axis=1)
    np.testing.assert_allclose(square.depth, expected, rtol=1e-12)
    ball = ball_of_tetrahedra(6)
    gap = 1.0 - np.linalg.norm(ball.centres, axis=1) - ball.depth
    # Flat faces lie below the sphere by up to their size squared over eight.
    assert gap.min() > -1e-12
    assert gap.max() < 0.04


def test_a_cube_has_its_volume_and_its_surface():
    geometry = tetrahedra(4)
    assert geometry.volume == pytest.approx(1.0, rel=1e-13)
    assert geometry.boundary("rim").area == pytest.approx(6.0, rel=1e-13)
    assert "384 tetrahedra; lines between centres lean by" in geometry.notes[-1]


def test_what_is_no_mesh_is_refused():
    points, cells = cube(2)
    with pytest.raises(InputError, match="cells share one face, among them cell"):
        geometry_of(points, np.concatenate([cells, cells[:1] * [1, 1, 1, 0]]))
    flat = points.copy()
    flat[:, 2] = 0.0
    with pytest.raises(InputError, match=r"have no area|have no volume"):
        geometry_of(flat, cells)
    with pytest.raises(InputError, match="a vertex that is not in the file"):
        geometry_of(points, cells + 5)
    lost = points.copy()
    lost[3] = np.nan
    with pytest.raises(InputError, match="a coordinate that is not finite"):
        geometry_of(lost, cells)
    bent = PLANE + np.array([[0, 0, 0.3 * (i == 2)] for i in range(5)])
    with pytest.raises(InputError, match="do not lie in a plane"):
        geometry_of(bent, np.array([[0, 1, 2], [0, 2, 3]]), kind=5, thickness=1.0)

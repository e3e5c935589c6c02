"""The unstructured FiPy mesh of voxels: closed, outward, conservative, equal to Grid3D."""

import numpy as np
import pytest

from cartflow.geometries.connectivity import read_connectivity
from cartflow.geometries.fipy_import import fipy
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.phantom import lobulated_phantom

BLOB, BLOB_AFFINE = lobulated_phantom(volume=400.0, spacing=(1.0, 1.0, 2.0), seed=5)
BLOCK_AFFINE = np.diag([0.5, 1.0, 2.0, 1.0])


def oblique():
    c, s = np.cos(0.5), np.sin(0.5)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.diag([1.0, 2.0, 0.5])
    return affine


def shapes(surface="smooth"):
    checkerboard = np.indices((3, 3, 3)).sum(axis=0) % 2
    return [
        voxel_mask(BLOB, BLOB_AFFINE, surface=surface),
        voxel_mask(BLOB, BLOB_AFFINE, coarsen=2, surface=surface),
        voxel_mask(BLOB, BLOB_AFFINE, coarsen=(3, 2, 1), surface=surface),
        voxel_mask(BLOB, oblique(), coarsen=2, surface=surface),
        voxel_mask(checkerboard, np.eye(4), surface=surface),
        voxel_mask(checkerboard, np.eye(4), coarsen=2, surface=surface),
        voxel_mask(np.ones((1, 1, 1)), np.eye(4), surface=surface),
    ]


@pytest.mark.parametrize("geometry", shapes())
def test_faces_without_a_mesh_are_those_of_the_mesh(geometry):
    found, read = geometry.connectivity, read_connectivity(geometry.mesh)
    for name in ("faces", "owner", "neighbour"):
        assert np.array_equal(getattr(found, name), getattr(read, name))
    for name in ("areas", "owner_distance", "neighbour_distance"):
        assert getattr(found, name) == pytest.approx(getattr(read, name), rel=1e-12)


def uniform(shape):
    return voxel_mask(np.ones(shape, dtype=int), BLOCK_AFFINE)


def krylov():
    return fipy().LinearPCGSolver(tolerance=1e-13, iterations=2000, criterion="RHS")


@pytest.mark.parametrize("geometry", shapes())
def test_every_cell_is_closed_and_its_faces_look_outward(geometry):
    mesh = geometry.mesh
    owner = np.asarray(mesh.faceCellIDs[0])
    normals = np.asarray(mesh._orientedFaceNormals)
    outward = np.asarray(mesh.faceCenters) - geometry.centres.T[:, owner]
    assert ((outward * normals).sum(axis=0) > 0).all()
    projections = normals * mesh._faceAreas
    total = np.zeros((3, geometry.size))
    inner = geometry.connectivity
    for axis in range(3):
        np.add.at(total[axis], owner, projections[axis])
        np.add.at(total[axis], inner.neighbour, -projections[axis, inner.faces])
    assert np.abs(total).max() < 1e-12


@pytest.mark.parametrize("geometry", shapes("staircase"))
def test_the_staircase_is_what_fipy_calls_exterior(geometry):
    mesh, rim = geometry.mesh, geometry.boundary("rim")
    assert mesh._isOrthogonal
    faces = np.flatnonzero(mesh.exteriorFaces.value)
    assert np.array_equal(rim.cells, np.asarray(mesh.faceCellIDs[0])[faces])
    assert rim.areas == pytest.approx(mesh._faceAreas[faces])
    assert rim.distances == pytest.approx(np.asarray(mesh._cellDistances)[faces])


@pytest.mark.parametrize("geometry", shapes())
def test_connectivity_is_fipys(geometry):
    faces = geometry.connectivity
    distances = np.asarray(geometry.mesh._cellDistances)[faces.faces]
    assert faces.owner_distance + faces.neighbour_distance == pytest.approx(distances)
    assert (faces.owner != faces.neighbour).all()
    pairs = set(zip(faces.owner.tolist(), faces.neighbour.tolist(), strict=True))
    assert len(pairs) == faces.faces.size


def test_volumes_and_areas_follow_from_the_vertices():
    """FiPy's own formulas, which coarse cells override, agree where no cell is partial."""
    mesh = voxel_mask(BLOB, oblique()).mesh
    plain = type(mesh).__mro__[1]
    assert plain._calcCellVolumes(mesh) == pytest.approx(mesh.cellVolumes, rel=1e-12)
    assert plain._calcFaceAreas(mesh) == pytest.approx(mesh._faceAreas, rel=1e-12)
    assert plain._calcCellCenters(mesh) == pytest.approx(np.asarray(mesh.cellCenters), abs=1e-12)


def test_a_full_block_is_a_grid():
    mask, grid = uniform((4, 3, 5)), box((2.0, 3.0, 10.0), (4, 3, 5))
    assert mask.centres - mask.centres[0] == pytest.approx(grid.centres - grid.centres[0])
    one, other = mask.connectivity, grid.connectivity
    rows = [
        sorted(zip(c.owner.tolist(), c.neighbour.tolist(), c.areas.round(12), strict=True))
        for c in (one, other)
    ]
    assert rows[0] == rows[1]
    fields = []
    for geometry in (mask, grid):
        field = fipy().CellVariable(mesh=geometry.mesh, value=np.sin(np.arange(60.0)))
        equation = fipy().TransientTerm() == fipy().DiffusionTerm(coeff=0.7)
        equation.solve(var=field, dt=0.3, solver=krylov())
        fields.append(field.value)
    assert fields[0] == pytest.approx(fields[1], abs=1e-11)


@pytest.mark.parametrize("geometry", shapes()[:4])
def test_diffusion_without_flux_keeps_the_mass(geometry):
    start = np.where(geometry.centres[:, 0] > geometry.centres[:, 0].mean(), 1.0, 0.0)
    field = fipy().CellVariable(mesh=geometry.mesh, value=start)
    equation = fipy().TransientTerm() == fipy().DiffusionTerm(coeff=1.0)
    mass = (start * geometry.cell_volumes).sum()
    for _ in range(10):
        equation.solve(var=field, dt=5.0, solver=krylov())
    assert (field.value * geometry.cell_volumes).sum() == pytest.approx(mass, rel=1e-11)
    assert np.ptp(field.value) < 0.7


def test_a_steady_gradient_is_exact():
    """Between two ends held at 0 and 1 a bar of voxels has the linear profile."""
    geometry = uniform((20, 2, 3))
    x = geometry.centres[:, 0] - geometry.centres[:, 0].min() + 0.25
    field = fipy().CellVariable(mesh=geometry.mesh, value=0.0)
    ends = geometry.mesh.faceCenters[0]
    field.constrain(0.0, where=np.isclose(ends, ends.min()))
    field.constrain(1.0, where=np.isclose(ends, ends.max()))
    fipy().DiffusionTerm(coeff=2.0).solve(var=field, solver=krylov())
    assert field.value == pytest.approx(x / 10.0, abs=1e-10)


def test_decay_of_a_cosine_in_a_voxel_bar():
    """The slowest mode of a closed bar of length L decays with D (pi/L)^2."""
    errors = []
    for cells in (8, 16, 32):
        step = 4.0 / cells
        labels = np.ones((cells, 1, 1), dtype=int)
        geometry = voxel_mask(labels, np.diag([step, 1.0, 1.0, 1.0]))
        x = geometry.centres[:, 0] + step / 2
        mode = np.cos(np.pi * x / 4.0)
        field = fipy().CellVariable(mesh=geometry.mesh, value=mode)
        flux = fipy().DiffusionTerm(coeff=1.0)
        rate = flux.justResidualVector(field) / geometry.cell_volumes / mode
        errors.append(np.abs(np.abs(rate) - (np.pi / 4.0) ** 2).max())
    assert np.log2(np.array(errors[:-1]) / errors[1:]).min() > 1.9


def test_a_coarse_step_is_the_shared_area_over_the_distance():
    labels = np.ones((4, 2, 2), dtype=int)
    labels[2, 1, :] = 0
    geometry = voxel_mask(labels, np.eye(4), coarsen=2)
    faces = geometry.connectivity
    assert faces.areas.tolist() == [2.0]
    assert faces.owner_distance.tolist() == faces.neighbour_distance.tolist() == [1.0]
    assert geometry.cell_volumes.tolist() == [8.0, 6.0]


def test_blocks_that_do_not_touch_are_not_joined():
    labels = np.ones((4, 1, 1), dtype=int)
    labels[2] = 0
    geometry = voxel_mask(labels, np.eye(4), coarsen=(2, 1, 1))
    assert geometry.size == 2
    assert geometry.connectivity.faces.size == 0


def test_a_hundred_thousand_voxels_make_a_mesh():
    geometry = voxel_mask(np.ones((50, 50, 40), dtype=int), np.eye(4))
    assert geometry.mesh.numberOfCells == 100_000
    assert geometry.connectivity.faces.size == 49 * 50 * 40 * 2 + 50 * 50 * 39

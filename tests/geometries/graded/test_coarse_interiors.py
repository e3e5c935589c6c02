"""Masks with wide cells inside: what they hold, and how their faces pass things on."""

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array, diags
from scipy.sparse.linalg import cg

from cartflow.core.outcome import InputError
from cartflow.geometries.graded.interior import Interior
from cartflow.geometries.graded.leaves import leaves
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.images.means import cell_means


def _affine(edges):
    return np.diag([*np.broadcast_to(edges, 3), 1.0])


def _ball(radius, edge, **more):
    n = round(radius / edge) + 2
    x = (np.arange(-n, n) + 0.5) * edge
    r = np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2)
    labels = np.where(r <= radius, 1, 0)
    labels[r <= 0.4 * radius] = 2
    return voxel_mask(labels, _affine(edge), {"viable": 1, "necrotic": 2}, **more)


@pytest.fixture(scope="module")
def plain():
    return _ball(2.0, 0.2)


@pytest.fixture(scope="module", params=[2, 4])
def graded(request):
    return _ball(2.0, 0.2, interior=Interior(factor=request.param, below=0.3))


def _laplacian(geometry, conductances):
    faces, n = geometry.connectivity, geometry.size
    own, other = faces.owner, faces.neighbour
    rows = np.concatenate([own, other, own, other])
    columns = np.concatenate([own, other, other, own])
    values = np.concatenate([conductances, conductances, -conductances, -conductances])
    return csr_array(coo_array((values, (rows, columns)), shape=(n, n)))


def test_it_holds_what_the_mask_holds(plain, graded):
    assert graded.size < plain.size
    assert graded.volume == pytest.approx(plain.volume, rel=1e-13)
    for name, inside in plain.regions.items():
        if name in ("viable", "necrotic"):
            volume = graded.cell_volumes[graded.region(name)].sum()
            assert volume == pytest.approx(plain.cell_volumes[inside].sum(), rel=1e-13)
    ours, theirs = graded.boundary("rim"), plain.boundary("rim")
    assert np.array_equal(np.sort(ours.areas), np.sort(theirs.areas))
    assert ours.distances.sum() == pytest.approx(theirs.distances.sum(), rel=1e-13)
    depth = graded.gather(plain.scatter(plain.depth))
    assert np.allclose(graded.depth, depth, rtol=1e-13)
    assert np.allclose(graded.place_volumes, 0.008)


def test_a_field_that_rises_evenly_has_no_divergence(graded):
    faces = graded.connectivity
    inner = np.ones(graded.size, dtype=bool)
    inner[graded.boundary("rim").cells] = False
    matrix = _laplacian(graded, faces.conductances)
    for axis in range(3):
        u = graded.centres[:, axis]
        assert np.abs((matrix @ u)[inner]).max() < 1e-12
        slope = faces.differences(u) / (faces.owner_distance + faces.neighbour_distance)
        normal = np.abs(slope[faces.areas > 0])
        assert np.all((normal < 1e-12) | (np.abs(normal - 1.0) < 1e-12))


@pytest.mark.parametrize("factor", [2, 4])
def test_exchange_takes_nothing_and_smooths(factor):
    small = _ball(2.0, 0.4, interior=Interior(factor=factor, below=0.3))
    matrix = _laplacian(small, small.connectivity.conductances).toarray()
    assert np.allclose(matrix, matrix.T, atol=1e-14)
    assert np.abs(matrix.sum(axis=0)).max() < 1e-13
    low = np.linalg.eigvalsh(matrix)[:2]
    assert abs(low[0]) < 1e-12 < low[1]


def test_no_cell_stands_twice_in_a_slot(graded):
    faces = graded.connectivity
    for ends in (faces.owner, faces.neighbour):
        pairs = np.stack([faces.hanging.slots, ends])
        assert np.unique(pairs, axis=1).shape == pairs.shape


def test_values_on_the_grid_come_back(graded):
    values = np.random.default_rng(3).random((2, graded.size)) + 0.1
    assert np.array_equal(graded.gather(graded.scatter(values)), values)


def test_cells_twice_as_wide_hold_as_much(graded):
    coarse = graded.coarse
    assert coarse.geometry.size < graded.size
    assert np.allclose(coarse.shared.sum(axis=1), coarse.geometry.cell_volumes, rtol=1e-13)
    assert coarse.geometry.boundary("rim").area == pytest.approx(graded.boundary("rim").area)
    u = coarse.mean(graded.centres[:, 0])
    whole = np.isclose(coarse.geometry.cell_volumes, coarse.geometry.cell_volumes.max())
    assert np.allclose(u[whole], coarse.geometry.centres[whole, 0])


def test_wide_blocks_touch_no_much_narrower_ones_nor_another_label():
    random = np.random.default_rng(5)
    label = np.ones((19, 22, 17), dtype=int)
    label[:, :9] = 2
    label[:3] = 0
    fine = np.zeros(label.shape, dtype=bool)
    fine[tuple(random.integers(0, n, 6) for n in label.shape)] = True
    cells = leaves(label, fine, 3)
    assert np.array_equal(cells.cell >= 0, label > 0)
    assert not cells.level[cells.cell[fine & (label > 0)]].any()
    assert cells.level.max() == 3
    for code in (1, 2):
        assert not np.isin(cells.cell[label == code], cells.cell[label == 3 - code]).any()
    for axis in range(3):
        low = np.moveaxis(cells.cell, axis, 0)[:-1]
        high = np.moveaxis(cells.cell, axis, 0)[1:]
        both = (low >= 0) & (high >= 0)
        apart = np.abs(cells.level[low[both]] - cells.level[high[both]])
        assert apart.max() <= 1


def _box_errors(places, *, plain_faces=False):
    """L1 and L2 errors of -div grad u + u = f with closed walls, u a product of cosines."""
    edge = 1.0 / places
    interior = Interior(factor=2, below=0.25)
    geometry = voxel_mask(np.ones((places,) * 3, dtype=int), _affine(edge), interior=interior)
    faces, volumes = geometry.connectivity, geometry.cell_volumes
    conductances = faces.conductances
    if plain_faces:
        conductances = faces.areas / (faces.owner_distance + faces.neighbour_distance)
    half = 0.5 * np.cbrt(volumes)[:, None]
    x = geometry.centres + 0.5 * edge
    exact = np.prod((np.sin(np.pi * (x + half)) - np.sin(np.pi * (x - half))) / half, axis=1)
    right = (3 * np.pi**2 + 1.0) * exact * volumes
    u, failed = cg(_laplacian(geometry, conductances) + diags(volumes), right, rtol=1e-11)
    assert not failed
    error = np.abs(u - exact)
    return np.array(
        [
            error @ volumes / (np.abs(exact) @ volumes),
            np.sqrt(error**2 @ volumes / (exact**2 @ volumes)),
        ]
    )


def test_second_order_across_faces_of_unlike_cells():
    errors = np.array([_box_errors(n) for n in (16, 32)])
    assert np.all(np.log2(errors[0] / errors[1]) > 1.9)
    # Plain differences of two cells miss the gradient along such faces.
    assert np.all(_box_errors(32, plain_faces=True) > 1.7 * errors[1])


@pytest.mark.parametrize(
    ("interior", "message"),
    [
        ({"factor": 3, "below": 0.3}, r"interior.factor: got 3; allowed are 2, 4 and 8"),
        ({"factor": 2, "below": np.inf}, r"interior.below: got inf mm; it must be finite"),
        ({"factor": 2, "below": 5.0}, r"interior.below: got 5 mm, below which no block"),
        (
            {"factor": 2, "below": 0.3, "fine": ("core",)},
            r"label in interior.fine: unknown name 'core'",
        ),
    ],
)
def test_interiors_that_cannot_be(interior, message):
    with pytest.raises(InputError, match=message):
        _ball(2.0, 0.4, interior=Interior(**interior))


def test_a_label_that_is_to_stay_fine_does():
    geometry = _ball(2.0, 0.2, interior=Interior(factor=2, below=0.3, fine=("necrotic",)))
    assert np.allclose(geometry.cell_volumes[geometry.region("necrotic")], 0.008)
    assert geometry.cell_volumes.max() == pytest.approx(0.064)


def test_the_reference_engine_says_that_it_has_no_such_mesh(graded):
    with pytest.raises(InputError, match=r"geometry.interior: the engine 'fipy' has no mesh"):
        _ = graded.mesh


@pytest.mark.parametrize("coarsen", [1, 2])
def test_an_images_values_are_averaged_over_wide_cells(coarsen):
    edge = 0.2 / coarsen
    geometry = _ball(2.0, edge, coarsen=coarsen, interior=Interior(factor=2, below=0.3))
    n = round(2.0 / edge) + 2
    stored = np.broadcast_to(np.arange(2.0 * n)[:, None, None] * edge + 1.0, (2 * n,) * 3)
    found = cell_means(Image(stored=stored, affine=_affine(edge)), geometry)
    wide = np.isclose(geometry.cell_volumes, geometry.cell_volumes.max())
    assert found.values[wide] == pytest.approx(geometry.centres[wide, 0] + 1.0, rel=1e-9)

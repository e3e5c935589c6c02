"""Voxel masks: volumes, orientation, regions, coarse cells, and every refusal."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.phantom import lobulated_phantom

BLOB = lobulated_phantom(volume=300.0, spacing=1.0, seed=3)[0]
SPACING = np.diag([0.78125, 0.5, 6.5, 1.0])


def rotated(spacing=(1.0, 2.0, 3.0)):
    c, s = np.cos(0.3), np.sin(0.3)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) * spacing
    affine[:3, 3] = [10.0, -20.0, 30.0]
    return affine


def test_anisotropic_volumes():
    geometry = voxel_mask(BLOB, SPACING)
    assert geometry.size == (BLOB > 0).sum()
    assert geometry.cell_volumes == pytest.approx(np.full(geometry.size, 0.78125 * 0.5 * 6.5))
    assert np.array_equal(geometry.mesh.cellVolumes, geometry.cell_volumes)


def test_the_grid_is_the_bounding_box_in_rising_coordinates():
    labels = np.zeros((6, 7, 8), dtype=int)
    labels[2:4, 1:6, 3:5] = 1
    flipped = np.diag([-1.0, 2.0, -3.0, 1.0])
    flipped[:3, 3] = [100.0, 0.0, 50.0]
    geometry = voxel_mask(labels, flipped)
    assert geometry.dims == ("z", "y", "x")
    assert geometry.active.shape == (2, 5, 2)
    assert geometry.coordinates["x"] == pytest.approx([97, 98])
    assert geometry.coordinates["y"] == pytest.approx([2, 4, 6, 8, 10])
    assert geometry.coordinates["z"] == pytest.approx([38, 41])
    for column, dim in enumerate(("x", "y", "z")):
        grid = np.moveaxis(geometry.scatter(geometry.centres[:, column]), 2 - column, -1)
        assert grid == pytest.approx(np.broadcast_to(geometry.coordinates[dim], grid.shape))
    assert np.array_equal(geometry.source_affine, flipped)


@pytest.mark.parametrize("coarsen", [1, 2, (3, 1, 2)])
@pytest.mark.parametrize("affine", [SPACING, rotated()])
def test_the_affine_takes_grid_indices_to_the_centres(affine, coarsen):
    geometry = voxel_mask(BLOB, affine, coarsen=coarsen)
    indices = np.argwhere(geometry.active)[:, ::-1]
    expected = indices @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
    assert geometry.centres == pytest.approx(expected, abs=1e-12)
    assert np.transpose(geometry.mesh.cellCenters) == pytest.approx(geometry.centres)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("flips", [(), (0,), (1, 2)])
@pytest.mark.parametrize("coarsen", [(1, 1, 1), (2, 3, 1)])
def test_how_the_file_is_stored_does_not_matter(axes, flips, coarsen):
    reference = voxel_mask(BLOB, SPACING, coarsen=coarsen)
    labels, affine = BLOB.transpose(axes), SPACING[:, [*axes, 3]].copy()
    for axis in flips:
        affine[:3, 3] += affine[:3, axis] * (labels.shape[axis] - 1)
        affine[:3, axis] *= -1
        labels = np.flip(labels, axis)
    stored = voxel_mask(labels, affine, coarsen=tuple(coarsen[a] for a in axes))
    assert stored.centres == pytest.approx(reference.centres, abs=1e-12)
    assert stored.cell_volumes == pytest.approx(reference.cell_volumes, rel=1e-14)
    assert np.array_equal(stored.region("label_2"), reference.region("label_2"))
    assert stored.affine == pytest.approx(reference.affine, abs=1e-12)


def test_oblique_grids_keep_their_index_axes():
    geometry = voxel_mask(BLOB, rotated())
    assert geometry.dims == ("k", "j", "i")
    assert geometry.coordinates["k"].tolist() == list(range(geometry.active.shape[0]))
    assert geometry.volume == pytest.approx(6.0 * (BLOB > 0).sum(), rel=1e-12)
    expected = np.argwhere(BLOB > 0) @ rotated()[:3, :3].T + rotated()[:3, 3]
    assert np.sort(geometry.centres, axis=0) == pytest.approx(np.sort(expected, axis=0))


def test_a_rotation_changes_nothing_but_the_place():
    straight = voxel_mask(BLOB, np.diag([1.0, 2.0, 3.0, 1.0]))
    turned = voxel_mask(BLOB, rotated())
    assert turned.depth == pytest.approx(straight.depth)
    assert turned.connectivity.areas == pytest.approx(straight.connectivity.areas)
    assert turned.connectivity.owner_distance == pytest.approx(straight.connectivity.owner_distance)


def test_noise_in_the_header_does_not_make_a_grid_oblique():
    noisy = SPACING.copy()
    noisy[0, 1] = 1e-6
    geometry = voxel_mask(BLOB, noisy)
    assert geometry.dims == ("z", "y", "x")
    assert geometry.affine[0, 1] == 0.0


def test_depth_is_the_distance_to_the_outside():
    geometry = voxel_mask(np.ones((9, 9, 9), dtype=bool), np.diag([2.0, 2.0, 1.0, 1.0]))
    depth = geometry.scatter(geometry.depth)
    # To the near side of the voxel outside: four and a half voxels of 1 mm, half a voxel of 2 mm.
    assert depth[4, 4, 4] == pytest.approx(4.5, rel=1e-6)
    assert depth[4, 4, 0] == pytest.approx(1.0, rel=1e-6)
    assert depth[0, 4, 4] == pytest.approx(0.5, rel=1e-6)


def test_labels_are_regions():
    geometry = voxel_mask(BLOB, SPACING, {"rim": 1, "core": 2})
    volume = 0.78125 * 0.5 * 6.5
    assert geometry.region("core").sum() == (BLOB == 2).sum()
    assert geometry.region("rim").sum() == (BLOB == 1).sum()
    sums = [geometry.cell_volumes[geometry.region(name)].sum() for name in ("rim", "core")]
    assert sum(sums) == pytest.approx((BLOB > 0).sum() * volume, rel=1e-14)
    assert set(voxel_mask(BLOB, SPACING).regions) == {"all", "core", "rim", "label_1", "label_2"}


def test_only_named_labels_make_the_tumour():
    assert voxel_mask(BLOB, SPACING, {"heart": 2}).size == (BLOB == 2).sum()


def test_the_largest_component_is_taken_on_request():
    labels = np.zeros((9, 5, 5), dtype=int)
    labels[:3, :2, :2] = 1
    labels[3, 2, 2] = 1
    labels[6:8, 1:3, 1] = 2
    both = voxel_mask(labels, np.eye(4))
    largest = voxel_mask(labels, np.eye(4), largest_component=True)
    # A voxel that touches by its corner is not connected.
    assert (both.size, largest.size) == (17, 12)
    assert "label_2" not in largest.regions
    with pytest.raises(InputError, match="region 'b': no voxel has label 2; present: 1"):
        voxel_mask(labels, np.eye(4), {"a": 1, "b": 2}, largest_component=True)


@pytest.mark.parametrize("coarsen", [2, 3, (1, 2, 3), (4, 1, 1), 50])
@pytest.mark.parametrize("affine", [SPACING, rotated()])
def test_coarse_cells_keep_volume_and_surface(coarsen, affine):
    fine = voxel_mask(BLOB, affine)
    coarse = voxel_mask(BLOB, affine, coarsen=coarsen)
    assert coarse.size < fine.size
    assert coarse.volume == pytest.approx(fine.volume, rel=1e-12)
    assert coarse.mesh.cellVolumes == pytest.approx(coarse.cell_volumes, rel=1e-14)
    assert coarse.boundary("rim").area == pytest.approx(fine.boundary("rim").area, rel=1e-12)
    mean = (coarse.depth * coarse.cell_volumes).sum() / coarse.volume
    assert mean == pytest.approx((fine.depth * fine.cell_volumes).sum() / fine.volume, rel=1e-12)
    moment = (coarse.centres * coarse.cell_volumes[:, None]).sum(axis=0) / coarse.volume
    if coarsen == 2:
        assert moment == pytest.approx(fine.centres.mean(axis=0), abs=6.5)


def test_a_coarse_cell_has_the_label_of_most_of_its_voxels():
    labels = np.array([1, 1, 2, 2, 2, 1, 1, 2])[:, None, None]
    geometry = voxel_mask(labels, np.eye(4), {"a": 1, "b": 2}, coarsen=(3, 1, 1))
    assert geometry.cell_volumes.tolist() == [3, 3, 2]
    assert geometry.region("a").tolist() == [True, False, True]
    assert geometry.region("b").tolist() == [False, True, False]
    assert geometry.coordinates["x"] == pytest.approx([1, 4, 7])


def test_a_label_lost_in_coarse_cells():
    labels = np.array([1, 1, 1, 1, 1, 2])[:, None, None]
    geometry = voxel_mask(labels, np.eye(4), coarsen=(3, 1, 1))
    assert "label_2" not in geometry.regions
    assert geometry.notes == ("label_2 has no majority in any coarse cell",)
    with pytest.raises(InputError, match="coarse mask: region 'b' holds no cell"):
        voxel_mask(labels, np.eye(4), {"a": 1, "b": 2}, coarsen=(3, 1, 1))


def test_a_factor_beyond_the_grid_means_all_of_it():
    geometry = voxel_mask(BLOB, SPACING, coarsen=10**9)
    fine = voxel_mask(BLOB, SPACING)
    assert geometry.size == 1
    middle = [(fine.coordinates[dim][0] + fine.coordinates[dim][-1]) / 2 for dim in "xyz"]
    assert geometry.centres[0] == pytest.approx(middle)


def sheared():
    affine = np.eye(4)
    affine[0, 1] = 0.01
    return affine


def affine_with(row, column, value):
    affine = np.eye(4)
    affine[row, column] = value
    return affine


@pytest.mark.parametrize(
    ("affine", "message"),
    [
        (np.eye(3), r"t.nii: the affine has the shape \(3, 3\); needed is \(4, 4\)"),
        (affine_with(0, 3, np.nan), r"t.nii: the affine is not finite"),
        (affine_with(1, 1, np.inf), r"t.nii: the affine is not finite"),
        (affine_with(1, 1, 0.0), r"t.nii: the affine is singular: voxel spacing"),
        (np.diag([0.0, 0, 0, 1]), r"t.nii: the affine is singular: voxel spacing"),
        (np.array([[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]), r"in a plane"),
        (affine_with(3, 0, 0.5), r"t.nii: the affine's last row is \[0.5, 0.0, 0.0, 1.0\]"),
        (sheared(), r"t.nii: the affine is sheared: .* within 0.0001"),
    ],
)
def test_bad_affines(affine, message):
    with pytest.raises(InputError, match=message):
        voxel_mask(BLOB, affine, source="t.nii")


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        (BLOB[0], None, r"the labels are 2-D, of shape .*; needed is one 3-D array"),
        (BLOB.astype(str), None, r"the labels are of type <U\d+; needed are whole numbers"),
        (BLOB * 1j, None, r"the labels are of type complex128"),
        (BLOB * 0.3, None, r"label 0.6 is not a whole number"),
        (np.where(BLOB, np.nan, 0), None, r"the labels are not all finite"),
        (-BLOB, None, r"label -2 is negative"),
        (BLOB * 1e12, None, r"labels beyond 2147483648 are not read"),
        (np.arange(1000).reshape(10, 10, 10), None, r"999 labels, 1 to 999; name those of the"),
        (BLOB * 0, None, r"the mask is empty: no voxel has a label other than 0"),
        (np.zeros((0, 3, 3)), None, r"the mask is empty"),
        (BLOB, {}, r"no label is named; present: 1, 2"),
        (BLOB, {"a": 7}, r"region 'a': no voxel has label 7; present: 1, 2"),
        (BLOB, {"a": 0}, r"region 'a': no voxel has label 0; present: 1, 2"),
        (BLOB, {"a": 1, "b": 1}, r"two regions have the same label"),
        (BLOB, {"all": 1}, r"the region name 'all' is taken"),
    ],
)
def test_bad_labels(labels, names, message):
    with pytest.raises(InputError, match=f"^mask: .*{message}"):
        voxel_mask(labels, np.eye(4), names)


@pytest.mark.parametrize("coarsen", [0, -1, 1.5, "2", (1, 2), (1, 2, 0), None])
def test_bad_factors(coarsen):
    with pytest.raises(InputError, match="mask: coarsen: got"):
        voxel_mask(BLOB, np.eye(4), coarsen=coarsen)

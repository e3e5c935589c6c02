"""Volume means of images over mesh cells, against sums over every pair of cell and voxel."""

from itertools import pairwise

import numpy as np
import pytest

from cartflow import InputError
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.images.means import cell_means, filled
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.ellipsoid import ellipsoid

LABELS = np.zeros((7, 6, 5), dtype=np.uint8)
LABELS[1:6, 1:5, 1:4] = 1
LABELS[1, 1, 1] = 0
MESH = np.array([[0.5, 0, 0, 3], [0, 0.7, 0, -2], [0, 0, 1.1, 1], [0, 0, 0, 1.0]])
RANDOM = np.random.default_rng(3)


def rotated(degrees, affine=MESH, about=(5.0, 0.0, 3.0)):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.eye(4)
    turn[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array(
        [[1, 0, 0], [0, c, -s], [0, s, c]]
    )
    turn[:3, 3] = np.array(about) - turn[:3, :3] @ about
    return turn @ affine


def overlap(low, high, other_low, other_high):
    return max(0.0, min(high, other_high) - max(low, other_low))


def sum_of_pairs(geometry, edges, values):
    """Return the means over each cell by a loop over cells and voxels between `edges`."""
    sizes = np.linalg.norm(geometry.affine[:3, :3], axis=0)
    found = []
    for centre in geometry.centres:
        parts = [
            [overlap(c - s / 2, c + s / 2, a, b) for a, b in pairwise(e)]
            for c, s, e in zip(centre, sizes, edges, strict=True)
        ]
        weights = np.einsum("i,j,k->ijk", *parts)
        found.append((weights * values).sum() / weights.sum())
    return np.array(found)


def test_on_the_masks_own_voxels_the_values_are_theirs_to_the_bit():
    values = RANDOM.uniform(1, 2, LABELS.shape)
    for affine in (MESH, rotated(30)):
        geometry = voxel_mask(LABELS, affine)
        means = cell_means(Image(stored=values, affine=affine), geometry)
        np.testing.assert_array_equal(geometry.scatter(means.values)[geometry.active], means.values)
        inside = values[1:6, 1:5, 1:4].T
        np.testing.assert_array_equal(means.values, inside[geometry.active])
        np.testing.assert_array_equal(means.shares, 1.0)


@pytest.mark.parametrize("flipped", [(), (0,), (1, 2)])
def test_means_are_those_of_the_overlaps_whatever_way_the_axes_run(flipped):
    geometry = voxel_mask(LABELS, MESH)
    edges = [np.linspace(2.1, 7.3, 9), np.linspace(-3.0, 3.1, 6), np.linspace(0.2, 6.7, 14)]
    values = RANDOM.uniform(0, 5, [e.size - 1 for e in edges])
    expected = sum_of_pairs(geometry, edges, values)
    affine = np.eye(4)
    for axis, edge in enumerate(edges):
        affine[axis, axis], affine[axis, 3] = edge[1] - edge[0], (edge[0] + edge[1]) / 2
    for axis in flipped:
        values = np.flip(values, axis)
        affine[:3, 3] += affine[:3, axis] * (values.shape[axis] - 1)
        affine[:3, axis] *= -1
    order = [2, 0, 1]
    stored, turned = values.transpose(order), affine[:, [*order, 3]]
    means = cell_means(Image(stored=stored, affine=turned), geometry)
    np.testing.assert_allclose(means.values, expected, rtol=1e-12)
    np.testing.assert_allclose(means.shares, 1.0, rtol=1e-12)


def test_an_oblique_image_gives_a_smooth_field_within_its_voxels():
    geometry = voxel_mask(LABELS, MESH)
    gradient = np.array([1.0, -0.5, 2.0])
    errors = []
    for voxel in (0.4, 0.2, 0.1):
        affine = rotated(30, np.diag([voxel, voxel, voxel, 1.0]))
        size = int(16 / voxel)
        centre = np.array([4.25, -0.6, 3.2])
        affine[:3, 3] = centre - affine[:3, :3] @ np.full(3, (size - 1) / 2)
        index = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), axis=-1)
        world = index @ affine[:3, :3].T + affine[:3, 3]
        stored = (20.0 + world @ gradient).astype(np.float32)
        means = cell_means(Image(stored=stored, affine=affine), geometry)
        np.testing.assert_array_equal(means.shares, 1.0)
        errors.append(np.abs(means.values - (20.0 + geometry.centres @ gradient)).max())
    # The least of these is 0.2 % of the field's range over the mask.
    assert errors[0] < 0.1
    assert errors[1] < errors[0] / 2
    assert errors[2] < errors[1] / 1.5


def test_blocks_take_the_mean_over_their_tissue_alone():
    values = np.where(LABELS > 0, 3.0, 99.0)
    geometry = voxel_mask(LABELS, MESH, coarsen=2)
    means = cell_means(Image(stored=values, affine=MESH), geometry)
    np.testing.assert_allclose(means.values, 3.0, rtol=1e-14)
    varied = RANDOM.uniform(1, 2, LABELS.shape)
    means = cell_means(Image(stored=varied, affine=MESH), geometry)
    total = varied[LABELS > 0].sum() * np.prod(np.diag(MESH)[:3])
    np.testing.assert_allclose(means.values @ geometry.cell_volumes, total, rtol=1e-13)


def test_split_voxels_have_the_value_of_their_voxel():
    values = RANDOM.uniform(1, 2, LABELS.shape)
    geometry = voxel_mask(LABELS, MESH, split=2)
    means = cell_means(Image(stored=values, affine=MESH), geometry)
    index = np.rint((geometry.centres - MESH[:3, 3]) / np.diag(MESH)[:3]).astype(int)
    np.testing.assert_allclose(means.values, values[tuple(index.T)], rtol=1e-14)


def test_boxes_begin_at_zero_and_planes_are_a_millimetre_thick():
    flat = box([2.0, 1.0], [4, 2])
    affine = np.diag([1.0, 1.0, 0.5, 1.0])
    affine[:3, 3] = [0.5, 0.5, 0.25]
    values = np.arange(4.0).reshape(2, 1, 2)
    means = cell_means(Image(stored=values, affine=affine), flat)
    np.testing.assert_allclose(means.values, [0.5, 0.5, 2.5, 2.5] * 2)
    block = box([2.0, 1.0, 1.0], [2, 1, 2])
    means = cell_means(Image(stored=values, affine=affine), block)
    np.testing.assert_allclose(means.values, [0.0, 2.0, 1.0, 3.0])


def test_ellipsoids_lie_around_the_origin():
    geometry = ellipsoid([1.0, 1.5, 1.0], 0.25)
    affine = np.diag([2.0, 4.0, 4.0, 1.0])
    affine[0, 3] = -1.0
    values = np.array([1.0, 5.0]).reshape(2, 1, 1)
    means = cell_means(Image(stored=values, affine=affine), geometry)
    x = geometry.centres[:, 0]
    np.testing.assert_allclose(means.values[x < -0.2], 1.0)
    np.testing.assert_allclose(means.values[x > 0.2], 5.0)
    # The voxels nearest to the centre are not quite as many on both sides.
    mean = means.values @ geometry.cell_volumes / geometry.volume
    np.testing.assert_allclose(mean, 3.0, rtol=0.01)


def test_what_has_no_value_is_left_out_and_filled_in_from_beside():
    geometry = voxel_mask(LABELS, MESH)
    values = np.full(LABELS.shape, 2.0)
    values[5, 1, 1] = np.nan
    image = Image(stored=values, affine=MESH)
    with pytest.raises(InputError, match=r"1 voxels, which meet 1 of the 59 mesh cells, hold no"):
        cell_means(image, geometry)
    means = cell_means(image, geometry, missing=True)
    assert int((~means.held).sum()) == 1
    whole, note = filled(means.values, means.held, geometry, None)
    np.testing.assert_array_equal(whole, 2.0)
    assert note == "0.385 mm3 (1.69 %, 1 mesh cells) without a value were filled in from beside"
    other, note = filled(means.values, means.held, geometry, 7.0)
    assert sorted(set(other)) == [2.0, 7.0]
    assert note.endswith("were filled in with fill")


@pytest.mark.parametrize(
    ("stored", "affine", "message"),
    [
        (np.full(LABELS.shape, -1.0), MESH, "which meet 59 of the 59 mesh cells, hold a negative"),
        (np.ones(LABELS.shape), np.eye(4) + 50 * np.eye(4, k=3), "elsewhere: x 49.5 to 56.5"),
        (np.ones(LABELS.shape, dtype=complex), MESH, "values are of type complex128"),
    ],
)
def test_images_that_do_not_serve_are_refused(stored, affine, message):
    with pytest.raises(InputError, match=message):
        cell_means(Image(stored=stored, affine=affine), voxel_mask(LABELS, MESH))


def test_shells_lie_nowhere_in_an_image_and_a_part_is_not_enough():
    image = Image(stored=np.ones((2, 2, 2)), affine=np.eye(4))
    with pytest.raises(InputError, match="cells of a ball are shells or layers"):
        cell_means(image, ball(1.0, 10))
    geometry = voxel_mask(LABELS, MESH)
    half = cell_means(Image(stored=np.ones((4, 6, 5)), affine=MESH), geometry)
    with pytest.raises(InputError, match=r"it has no value in .* mm3 \(40.7 %, 24 mesh cells\)"):
        filled(half.values, half.held, geometry, None)

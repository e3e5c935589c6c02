"""Lengths and areas of vessels in mesh cells: exact, and nothing of them lost."""

import numpy as np
import pytest

from cartflow import InputError
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.vessels.clipping import pieces_in_boxes
from cartflow.geometries.vessels.densities import area_in_cells, length_in_cells
from cartflow.geometries.vessels.network import VesselNetwork

RANDOM = np.random.default_rng(11)


def network(starts, ends, radii=None):
    starts, ends = np.atleast_2d(starts).astype(float), np.atleast_2d(ends).astype(float)
    lengths = np.linalg.norm(ends - starts, axis=1)
    return VesselNetwork(starts=starts, ends=ends, lengths=lengths, radii=radii)


def random_network(size, low, high):
    starts, ends = RANDOM.uniform(low, high, (2, size, 3))
    # Some along an axis, and some along the sides of voxels.
    ends[: size // 4, 1:] = starts[: size // 4, 1:]
    starts[: size // 8, 1:] = ends[: size // 8, 1:] = np.rint(starts[: size // 8, 1:])
    return network(starts, ends, RANDOM.uniform(0, 0.2, (size, 2)))


def test_a_segment_is_cut_where_it_crosses_the_sides_of_boxes():
    (pieces,) = pieces_in_boxes(np.array([[0.5, 0.5, 0.5]]), np.array([[3.0, 0.5, 0.5]]), (4, 1, 1))
    assert pieces.box.tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 0]]
    np.testing.assert_allclose(pieces.first, [0, 0.2, 0.6])
    np.testing.assert_allclose(pieces.last, [0.2, 0.6, 1])


def test_lengths_are_those_counted_by_many_points():
    given = random_network(30, -1, 6)
    found = np.zeros((5, 4, 3))
    for pieces in pieces_in_boxes(given.starts, given.ends, found.shape):
        lengths = (pieces.last - pieces.first) * given.lengths[pieces.segment]
        np.add.at(found, tuple(pieces.box.T), lengths)
    steps = (np.arange(40_000) + 0.5) / 40_000
    expected = np.zeros_like(found)
    for start, end, length in zip(given.starts, given.ends, given.lengths, strict=True):
        box = np.floor(start + steps[:, None] * (end - start)).astype(int)
        held = np.all((box >= 0) & (box < found.shape), axis=1)
        np.add.at(expected, tuple(box[held].T), length / steps.size)
    np.testing.assert_allclose(found, expected, atol=30 * given.lengths.max() / steps.size)


@pytest.mark.parametrize("kind", ["box", "oblique", "coarse", "flat"])
def test_no_length_and_no_area_is_lost(kind):
    if kind == "box":
        geometry = box([4.0, 3.0, 5.0], [8, 5, 7])
    elif kind == "flat":
        geometry = box([4.0, 3.0], [8, 5])
    else:
        c, s = np.cos(0.5), np.sin(0.5)
        affine = np.array(
            [[c, -0.8 * s, 0, -1], [s, 0.8 * c, 0, -3], [0, 0, -0.7, 6], [0, 0, 0, 1]]
        )
        labels = np.ones((8, 9, 9), dtype=np.uint8)
        factor = {"oblique": 1, "coarse": 2}[kind]
        geometry = voxel_mask(labels, affine, {"all_of_it": 1}, coarsen=factor)
    middle = geometry.centres.mean(axis=0)
    middle = np.pad(middle, (0, 3 - middle.size), constant_values=0.5)
    given = random_network(200, -0.2, 0.2).moved(middle)
    for found, whole in (
        (length_in_cells(given, geometry), given.length),
        (area_in_cells(given, geometry), given.areas.sum()),
    ):
        np.testing.assert_allclose(found.amounts.sum(), whole, rtol=1e-12)
        np.testing.assert_allclose(found.share, 1.0, rtol=1e-12)
        total = found.densities @ geometry.cell_volumes
        np.testing.assert_allclose(total, whole, rtol=1e-12)


def test_what_runs_out_of_the_tissue_is_told_and_none_within_is_refused():
    geometry = box([1.0, 1.0, 1.0], [2, 2, 2])
    radii = np.array([[0.1, 0.3]])
    given = network([0.25, 0.25, 0.25], [2.25, 0.25, 0.25], radii)
    found = length_in_cells(given, geometry)
    np.testing.assert_allclose(found.amounts[:2], [0.25, 0.5], rtol=1e-12)
    np.testing.assert_allclose(found.share, 0.375, rtol=1e-12)
    slant = np.hypot(2.0, 0.2)
    # From 0 to 1/8 and from 1/8 to 3/8 of a cone from 0.1 to 0.3.
    areas = [np.pi * slant * (0.2 + 0.2 / 8) / 8, np.pi * slant * (0.2 + 0.2 * 4 / 8) * 2 / 8]
    np.testing.assert_allclose(area_in_cells(given, geometry).amounts[:2], areas, rtol=1e-12)
    with pytest.raises(InputError, match=r"no vessel runs in the tissue: .* over x 5\.25 to"):
        length_in_cells(given.moved(np.array([5.0, 0, 0])), geometry)
    with pytest.raises(InputError, match="shells or layers, which lie nowhere"):
        length_in_cells(given, ball(1.0, 5))


def test_a_cone_has_the_area_and_volume_of_its_formula():
    given = network([0, 0, 0], [0, 0, 3.0], np.array([[4.0, 0.0]]))
    assert given.areas == pytest.approx([np.pi * 4 * 5])
    assert given.volumes == pytest.approx([np.pi * 16])

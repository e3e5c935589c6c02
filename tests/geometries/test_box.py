"""Rectangles and blocks: order of cells, sides, regions, agreement with FiPy."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.shapes.box import box


@pytest.mark.parametrize(
    ("lengths", "cells", "dims", "volume"),
    [((2, 3), (4, 5), ("y", "x"), 6.0), ((2, 3, 4), (4, 5, 6), ("z", "y", "x"), 24.0)],
)
def test_cells_stand_where_fipy_has_them(lengths, cells, dims, volume):
    geometry = box(lengths, cells)
    assert geometry.dims == dims
    assert geometry.active.shape == tuple(cells[::-1])
    assert geometry.volume == pytest.approx(volume, rel=1e-13)
    assert np.transpose(geometry.mesh.cellCenters) == pytest.approx(geometry.centres)
    assert np.broadcast_to(geometry.mesh.cellVolumes, geometry.size) == pytest.approx(
        geometry.cell_volumes
    )
    for column, dim in enumerate(dims[::-1]):
        along = geometry.scatter(geometry.centres[:, column])
        line = np.moveaxis(along, dims.index(dim), 0).reshape(cells[column], -1)
        assert line[:, 0] == pytest.approx(geometry.coordinates[dim])
        assert np.ptp(line, axis=1).max() == 0


@pytest.mark.parametrize(
    ("name", "fipy_name", "area"),
    [
        ("left", "facesLeft", 12),
        ("right", "facesRight", 12),
        ("bottom", "facesBottom", 8),
        ("top", "facesTop", 8),
        ("front", "facesFront", 6),
        ("back", "facesBack", 6),
    ],
)
def test_sides_are_fipys(name, fipy_name, area):
    geometry = box((2, 3, 4), (4, 5, 6))
    boundary = geometry.boundary(name)
    faces = np.flatnonzero(getattr(geometry.mesh, fipy_name).value)
    behind = np.asarray(geometry.mesh.faceCellIDs[0])[faces]
    assert np.array_equal(np.sort(boundary.cells), np.sort(behind))
    assert boundary.areas == pytest.approx(np.asarray(geometry.mesh._faceAreas)[faces])
    assert boundary.distances == pytest.approx(np.asarray(geometry.mesh._cellDistances)[faces])
    assert boundary.area == pytest.approx(area)


@pytest.mark.parametrize(("lengths", "cells"), [((2, 3), (4, 5)), ((2, 3, 4), (4, 5, 6))])
def test_connectivity_is_fipys(lengths, cells):
    geometry = box(lengths, cells)
    faces = geometry.connectivity
    distance = faces.owner_distance + faces.neighbour_distance
    assert distance == pytest.approx(np.asarray(geometry.mesh._cellDistances)[faces.faces])
    assert faces.areas == pytest.approx(np.asarray(geometry.mesh._faceAreas)[faces.faces])
    assert faces.faces.size == geometry.mesh.interiorFaces.value.sum()
    step = np.linalg.norm(geometry.centres[faces.owner] - geometry.centres[faces.neighbour], axis=1)
    assert distance == pytest.approx(step)


def test_depth_is_the_distance_to_the_nearest_side():
    geometry = box((4, 2), (4, 2))
    assert geometry.depth == pytest.approx(np.full(8, 0.5))
    cube = box((3, 3, 3), (3, 3, 3))
    assert cube.maximal_depth == 1.5
    assert cube.region("core").sum() == 1


def test_blocks_reach_to_the_end_of_their_own_axis():
    geometry = box((1, 2, 4), (2, 2, 4), {"end": ((0, 1), (1, 2), (3, 4))})
    assert np.flatnonzero(geometry.region("end")).tolist() == [14, 15]
    with pytest.raises(InputError, match=r"got \(0, 3\); needed is 0 <= from < to <= 2 mm"):
        box((1, 2, 4), (2, 2, 4), {"end": ((0, 1), (0, 3), (3, 4))})


def test_blocks_are_regions():
    geometry = box((2, 2), (4, 4), {"corner": ((0, 1), (1, 2)), "strip": ((0, 2), (0, 0.5))})
    assert geometry.region("corner").sum() == 4
    assert geometry.centres[geometry.region("corner")].mean(axis=0) == pytest.approx([0.5, 1.5])
    assert np.flatnonzero(geometry.region("strip")).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("lengths", "cells", "message"),
    [
        ((1,), (2,), r"must both be \(x, y\) or \(x, y, z\)"),
        ((1, 2), (2, 2, 2), r"must both be"),
        (3.0, 4, r"must both be"),
        ((1, -2), (2, 2), r"box length along y: got -2; it must be finite and greater than 0"),
        ((1, 2, np.nan), (2, 2, 2), r"box length along z: got nan"),
        ((1, 2), (0, 2), r"box cells along x: got 0; it must be a whole number of at least 1"),
    ],
)
def test_bad_sizes(lengths, cells, message):
    with pytest.raises(InputError, match=message):
        box(lengths, cells)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (((0, 1),), r"box: region 'a': got \(\(0, 1\),\); give one \(from, to\) in mm"),
        (3.0, r"box: region 'a': got 3.0; give one"),
        (((0, 1), (0, 9)), r"got \(0, 9\); needed is 0 <= from < to <= 2 mm"),
        (((0, 0.1), (0, 1)), r"box: region 'a' holds no cell"),
    ],
)
def test_bad_blocks(block, message):
    with pytest.raises(InputError, match=message):
        box((2, 2), (4, 4), {"a": block})

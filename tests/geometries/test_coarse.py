"""The same place in cells twice as wide: nothing of volume, area, regions or start is lost."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball, hollow_ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.cylinder import cylindrical_shell
from cartflow.geometries.shapes.ellipsoid import ellipsoid
from cartflow.geometries.shapes.phantom import lobulated_phantom
from cartflow.geometries.shapes.slab import slab

LABELS, AFFINE = lobulated_phantom(volume=300.0, spacing=1.0, seed=3)
HOLED = LABELS.copy()
HOLED[tuple(np.round(np.argwhere(LABELS == 2).mean(axis=0)).astype(int))] = 0
GEOMETRIES = {
    "slab": slab(1.0, 21, layers={"a": (0.0, 0.3)}),
    "ball": ball(2.0, 17, layers={"a": (0.5, 1.0), "b": (1.0, 2.0)}, grading=4),
    "hollow ball": hollow_ball(1.0, 2.0, 9),
    "cylindrical shell": cylindrical_shell(0.1, 1.0, 8, depth_from="wall"),
    "box": box([1.0, 2.0], [7, 6], {"a": [(0, 0.5), (0, 1)]}),
    "box in 3-D": box([1.0, 2.0, 3.0], [5, 4, 6]),
    "ellipsoid": ellipsoid((3.0, 2.0, 2.0), 0.4),
    "mask": voxel_mask(HOLED, AFFINE, {"viable": 1, "centre": 2}),
    "coarse mask": voxel_mask(LABELS, AFFINE, {"viable": 1, "centre": 2}, coarsen=(3, 2, 1)),
    "split mask": voxel_mask(HOLED, AFFINE, {"viable": 1, "centre": 2}, split=3),
}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_coarse_cells_hold_what_the_fine_ones_hold(name):
    geometry = GEOMETRIES[name]
    coarse = geometry.coarse
    assert 0.1 <= coarse.geometry.size / geometry.size <= 0.7
    assert coarse.geometry.cell_width == pytest.approx(2 * geometry.cell_width, rel=0.35)
    assert np.ravel(coarse.shared.sum(axis=1)) == pytest.approx(coarse.geometry.cell_volumes)
    assert np.ravel(coarse.shared.sum(axis=0)) == pytest.approx(geometry.cell_volumes)
    for boundary, faces in geometry.boundaries.items():
        assert coarse.geometry.boundary(boundary).area == pytest.approx(faces.area, rel=1e-12)
    for cells in geometry.regions.values():
        held = coarse.mean(cells) @ coarse.geometry.cell_volumes
        assert held == pytest.approx(cells @ geometry.cell_volumes, rel=1e-12)
    place = np.array([coarse.mean(x) for x in geometry.centres.T]).T
    assert np.abs(place - coarse.geometry.centres).max() <= 1.01 * geometry.cell_width


@pytest.mark.parametrize("name", ["slab", "ball", "hollow ball", "cylindrical shell"])
def test_rows_keep_their_regions_whole(name):
    geometry = GEOMETRIES[name]
    coarse = geometry.coarse
    for region, cells in geometry.regions.items():
        assert np.array_equal(coarse.mean(cells) > 0.5, coarse.geometry.region(region))
        assert coarse.mean(cells) == pytest.approx(coarse.geometry.region(region).astype(float))


def test_split_voxels_keep_shape_and_surface():
    whole, split = GEOMETRIES["mask"], GEOMETRIES["split mask"]
    assert split.size == 27 * whole.size
    assert split.volume == pytest.approx(whole.volume, rel=1e-13)
    for name in ("rim", "wall"):
        assert split.boundary(name).area == pytest.approx(whole.boundary(name).area, rel=1e-12)
    assert split.region("centre").sum() == 27 * whole.region("centre").sum()
    means = split.centres[split.region("centre")].mean(axis=0)
    assert means == pytest.approx(whole.centres[whole.region("centre")].mean(axis=0))
    one, other = (g.boundary("rim") for g in (whole, split))
    where = [b.areas @ g.centres[b.cells] / b.area for b, g in ((one, whole), (other, split))]
    assert where[1] == pytest.approx(where[0], abs=0.05)


def test_a_split_mask_in_coarse_cells_is_the_mask():
    twice = voxel_mask(HOLED, AFFINE, {"viable": 1, "centre": 2}, split=2)
    back, whole = twice.coarse.geometry, GEOMETRIES["mask"]
    assert np.array_equal(back.active, whole.active)
    assert back.cell_volumes == pytest.approx(whole.cell_volumes, rel=1e-13)
    for name in ("rim", "wall"):
        one, other = back.boundary(name), whole.boundary(name)
        assert np.array_equal(one.cells, other.cells)
        assert one.areas == pytest.approx(other.areas, rel=1e-12)
        assert one.distances == pytest.approx(other.distances, rel=1e-12)


def test_split_and_coarsen_exclude_each_other():
    with pytest.raises(InputError, match="split: got 2 beside coarsen = 2; give one of them"):
        voxel_mask(LABELS, AFFINE, split=2, coarsen=2)
    with pytest.raises(InputError, match="split: got 1000, which makes more than"):
        voxel_mask(LABELS, AFFINE, split=1000)

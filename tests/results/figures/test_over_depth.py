"""Means over depth in masks: as many places as voxels lie below each other."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cartflow.results.figures.over_depth import means_over_depth
from cartflow.results.figures.tumour import plot_map


def _ball(voxel: float) -> xr.Dataset:
    """Return a ball of 1 mm in voxels, with a field that is its depth."""
    axis = np.arange(-1 + voxel / 2, 1, voxel)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    depth = 1 - np.sqrt(x**2 + y**2 + z**2)
    inside = depth > 0
    axes = ("x", "y", "z")
    return xr.Dataset(
        {
            "depth": (axes, np.where(inside, depth, np.nan)),
            "cell_volume": (axes, np.where(inside, voxel**3, np.nan)),
            "cart": (("time", *axes), np.where(inside, depth, 0.0)[None]),
        },
        {"time": [0.0]} | {name: (name, axis) for name in axes},
    )


@pytest.mark.parametrize("voxel", [0.07, 0.05, 0.04])
def test_depths_of_a_mask_lie_a_voxel_apart(voxel: float) -> None:
    depths, means = means_over_depth(_ball(voxel), "cart", np.array([0]))
    assert np.diff(depths).min() > 0
    assert 0.6 / voxel < depths.size <= 1 / voxel + 1
    np.testing.assert_allclose(means[0], depths, rtol=1e-12)


def test_every_depth_holds_enough_voxels_to_be_smooth() -> None:
    ball = _ball(0.05)
    # What is 1 in every second voxel only is a half everywhere but in the core's few.
    x, y, z = np.meshgrid(*[np.arange(40)] * 3, indexing="ij")
    ball["cart"] = ball["cart"].copy(data=((x + y + z) % 2)[None].astype(float))
    depths, means = means_over_depth(ball, "cart", np.array([0]))
    assert np.abs(means[0][depths < 0.7] - 0.5).max() < 0.1


@pytest.mark.parametrize(("size", "expected"), [("length", [1.0, 2.0]), ("radius", [2.0, 1.0])])
def test_of_one_that_grows_depths_begin_where_its_geometry_has_them(size, expected):
    """A field of 1 in the first half, 2 in the second: from the left of a slab, a ball's rim."""
    place = (np.arange(10) + 0.5) / 10
    tumour = xr.Dataset(
        {
            "cart": (("time", "x"), np.tile(np.where(place < 0.5, 1.0, 2.0), (2, 1))),
            "position": (("time", "x"), np.array([1.0, 3.0])[:, None] * place),
            "expansion": ("time", [1.0, 3.0]),
            size: ("time", [1.0, 3.0]),
        },
        {"time": [0.0, 1.0]},
    )
    depths, means = means_over_depth(tumour, "cart", np.array([0, 1]))
    for row, half in zip(means, (0.5, 1.5), strict=True):
        assert row[depths < 0.8 * half] == pytest.approx(expected[0])
        deep = row[(depths > 1.2 * half) & (depths < 1.9 * half)]
        assert deep == pytest.approx(expected[1])


@pytest.mark.parametrize(
    ("depth", "label"),
    [([0.1, 0.3, 0.3, 0.1], "r (mm)"), ([0.7, 0.5, 0.3, 0.1], "depth below the rim (mm)")],
)
def test_a_map_of_a_row_shows_every_cell_once(depth, label):
    """Where two sides have the same depths one would hide the other."""
    tumour = xr.Dataset(
        {
            "depth": ("r", depth, {"long_name": "depth below the rim"}),
            "tumour": (("time", "r"), [[1.0, 2.0, 3.0, 4.0]] * 2, {"role": "resident"}),
        },
        {"time": [0.0, 1.0], "r": [1.1, 1.3, 1.5, 1.7]},
    )
    axes = Figure().add_subplot()
    plot_map(tumour, "tumour", axes)
    [mesh] = axes.collections
    assert axes.get_ylabel() == label
    edges = mesh.get_coordinates()[:, 0, 1]
    np.testing.assert_allclose(np.diff(edges), 0.2)
    drawn = mesh.get_array()[:, 0]
    assert sorted(drawn) == [1.0, 2.0, 3.0, 4.0]
    assert drawn[0] == (1.0 if label == "r (mm)" else 4.0)

"""Masks of one slice: a disc in two dimensions, without a surface above and below."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.graded.interior import Interior
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.images.partial import partial_volume_mask

RADIUS, EDGE, THICK = 2.0, 0.1, 0.7


def disc(across=2, hole=0.0, slices=1, **more):
    x = (np.arange(-23, 23) + 0.5) * EDGE
    r = np.hypot(x[:, None], x)
    labels = np.repeat(((r <= RADIUS) & (r >= hole)).astype(int)[:, :, None], slices, axis=2)
    edges = [EDGE, EDGE, THICK, 1.0]
    affine = np.diag(edges)[:, [0, 1, 2, 3]]
    if across != 2:
        labels = np.moveaxis(labels, 2, across)
        affine = np.diag([*np.insert([EDGE, EDGE], across, THICK), 1.0])
    return voxel_mask(labels, affine, **more)


@pytest.mark.parametrize("across", [0, 1, 2])
def test_a_disc_has_the_area_of_its_edge_and_the_depth_below_it(across):
    geometry = disc(across)
    assert geometry.boundary("rim").area == pytest.approx(2 * np.pi * RADIUS * THICK, rel=5e-3)
    centre = geometry.centres.mean(axis=0)
    depth = RADIUS - np.linalg.norm(geometry.centres - centre, axis=1)
    assert np.abs(geometry.depth - depth).max() < EDGE
    assert abs((geometry.depth - depth).mean()) < 0.05 * EDGE
    assert geometry.cell_width == pytest.approx(EDGE)
    assert geometry.measures is None
    assert any("taken for a plane" in note for note in geometry.notes)


def test_a_hole_in_it_has_a_wall():
    geometry = disc(hole=0.8)
    assert geometry.boundary("wall").area == pytest.approx(2 * np.pi * 0.8 * THICK, rel=0.02)
    assert geometry.depth.max() == pytest.approx(0.6, abs=0.5 * EDGE)


def test_a_slab_is_to_be_had_as_well():
    slab = disc(planar=False)
    assert slab.boundary("rim").area > 2 * slab.volume / THICK
    assert slab.depth.max() < THICK


def test_voxels_are_split_joined_and_widened_within_the_plane():
    split, joined = disc(split=2), disc(coarsen=2)
    wide = disc(interior=Interior(factor=4, below=0.5))
    assert split.coordinates["z"].size == 1
    assert split.size == 4 * disc().size
    for geometry in (split, joined, wide, split.coarse.geometry, wide.coarse.geometry):
        assert geometry.volume == pytest.approx(disc().volume)
        assert geometry.boundary("rim").area == pytest.approx(disc().boundary("rim").area, 0.02)
    faces, inner = wide.connectivity, np.ones(wide.size, dtype=bool)
    inner[wide.boundary("rim").cells] = False
    for axis in (0, 1):
        flux = faces.conductances * (
            wide.centres[:, axis][faces.neighbour] - wide.centres[:, axis][faces.owner]
        )
        net = np.bincount(faces.owner, flux, wide.size)
        net -= np.bincount(faces.neighbour, flux, wide.size)
        assert np.abs(net[inner]).max() < 1e-12


def test_what_is_no_layer_is_no_plane():
    with pytest.raises(InputError, match=r"planar: got true for a tumour of 40 x 40 x 3 voxels"):
        disc(slices=3, planar=True)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.31, -0.22)])
def test_shares_of_one_slice_know_the_discs_edge(shift):
    parts, cells = 16, 24
    fine = (np.arange(parts * cells) - 0.5 * (parts * cells - 1)) / parts
    inside = np.hypot((fine - shift[0])[:, None], fine - shift[1]) <= 10.0
    shares = inside.reshape(cells, parts, cells, parts).mean(axis=(1, 3))
    geometry = partial_volume_mask(shares[:, :, None], np.diag([EDGE, EDGE, THICK, 1.0]))
    assert geometry.volume == pytest.approx(shares.sum() * EDGE**2 * THICK, rel=1e-12)
    assert geometry.boundary("rim").area == pytest.approx(2 * np.pi * THICK, rel=1e-3)
    middle = (0.5 * (cells - 1) + np.array(shift)) * EDGE
    depth = 1.0 - np.hypot(*(geometry.centres[:, :2] - middle).T)
    assert np.abs(geometry.depth - depth).max() < 0.5 * EDGE
    assert np.abs(geometry.depth - depth).mean() < 0.1 * EDGE
    assert geometry.coarse.geometry.volume == pytest.approx(geometry.volume, rel=1e-12)

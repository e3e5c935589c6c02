"""Shape measures: two real tumours with published numbers, a ball, a box of voxels."""

from pathlib import Path

import numpy as np
import pytest

from cartflow.geometries.description import describe
from cartflow.geometries.images.mask import read_mask, voxel_mask
from cartflow.geometries.surfaces.marching import mesh_area_and_volume

DATA = Path(__file__).parents[4] / "shared" / "data" / "pyradiomics_tumours"


@pytest.mark.parametrize(
    ("name", "volume", "area", "mesh_volume", "diameter", "sphericity"),
    [
        ("brain1", 16412.658691, 6433.7343, 16149.4954, 69.6010, 0.480242),
        ("breast1", 132.425796, 172.8871, 124.0913, 9.0810, 0.695904),
    ],
)
def test_published_measures(name, volume, area, mesh_volume, diameter, sphericity):
    path = DATA / f"{name}_label.nrrd"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    geometry = read_mask(path, {"tumour": 1})
    assert geometry.volume == pytest.approx(volume, rel=1e-6)
    assert geometry.measures.mesh_area == pytest.approx(area, rel=0.002)
    assert geometry.measures.mesh_volume == pytest.approx(mesh_volume, rel=0.002)
    assert geometry.measures.diameter == pytest.approx(diameter, rel=1e-5)
    assert geometry.measures.sphericity == pytest.approx(sphericity, rel=0.002)


def test_one_voxel_is_an_octahedron():
    shape = voxel_mask(np.ones((1, 1, 1)), np.diag([2.0, 2.0, 2.0, 1.0])).measures
    assert shape.mesh_volume == pytest.approx(8 / 6, rel=1e-12)
    assert shape.mesh_area == pytest.approx(4 * np.sqrt(3), rel=1e-12)
    assert shape.diameter == pytest.approx(2.0, rel=1e-12)


def test_a_random_mask_has_a_closed_mesh():
    """The volume of a closed mesh does not depend on where it lies."""
    board = np.random.default_rng(2).random((9, 9, 9)) < 0.5
    area, volume = mesh_area_and_volume(board, np.ones(3))
    moved = np.pad(board, ((5, 0), (7, 0), (3, 0)))
    assert mesh_area_and_volume(moved, np.ones(3)) == pytest.approx((area, volume), rel=1e-12)


def test_they_are_printed():
    lines = dict(describe(voxel_mask(np.ones((3, 3, 3)), np.eye(4))))
    assert lines["largest diameter"] == f"{np.hypot(3, np.sqrt(8)):.6g} mm"
    assert lines["sphericity (IBSI)"].startswith("0.")

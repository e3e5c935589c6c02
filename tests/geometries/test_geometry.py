"""What every geometry does: scatter, names, text, copies, and leaving FiPy alone."""

import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.description import describe
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab

LABELS = np.zeros((4, 3, 3), dtype=int)
LABELS[:3, 1, 1] = 1
LABELS[0, 0, 1] = 2


def test_scatter_puts_values_on_the_grid_and_nan_outside():
    geometry = voxel_mask(LABELS, np.eye(4))
    grid = geometry.scatter(np.arange(4.0))
    assert grid.shape == geometry.active.shape == (1, 2, 3)
    assert np.array_equal(grid[geometry.active], np.arange(4.0))
    assert np.isnan(grid[~geometry.active]).all()
    assert geometry.scatter(np.ones((5, 2, 4))).shape == (5, 2, 1, 2, 3)


def test_scatter_refuses_what_does_not_fit():
    with pytest.raises(InputError, match=r"slab: \(4,\) values do not fit 3 cells"):
        slab(1.0, 3).scatter(np.ones(4))


def test_unknown_names_are_met_with_the_nearest():
    geometry = slab(1.0, 3)
    with pytest.raises(InputError, match=r"region of the slab: .*'cores'.* did you mean 'core'"):
        geometry.region("cores")
    with pytest.raises(InputError, match=r"boundary of the slab: .*allowed: left, right; did you"):
        geometry.boundary("rigth")


def test_arrays_that_do_not_fit_are_refused():
    geometry = slab(1.0, 3)
    with pytest.raises(InputError, match="arrays do not fit the 3 cells"):
        replace(geometry, depth=np.ones(2))
    with pytest.raises(InputError, match="every cell volume must be finite"):
        replace(geometry, cell_volumes=np.array([1.0, 0.0, 1.0]))


def test_regions_volumes_sum_to_the_whole():
    for geometry in (
        slab(2.0, 7),
        ball(2.0, 7),
        box((1, 2), (5, 5)),
        voxel_mask(np.ones((5, 5, 5), dtype=int), np.eye(4)),
    ):
        parts = [geometry.cell_volumes[geometry.region(name)].sum() for name in ("core", "rim")]
        assert sum(parts) == pytest.approx(geometry.volume, rel=1e-14)
        assert min(parts) > 0


def test_where_all_is_equally_deep_the_whole_is_core_and_rim():
    block = voxel_mask(np.ones((2, 2, 2), dtype=int), np.eye(4))
    for geometry in (block, ball(1.0, 1), slab(2.0, 1)):
        assert np.ptp(geometry.depth) == 0
        assert geometry.region("core").all()
        assert geometry.region("rim").all()
    # What a shape names itself is as it says.
    assert not slab(2.0, 4, layers={"core": (0, 2.0)}).region("rim").any()


@pytest.mark.parametrize("shape", [slab(2.0, 7), ball(2.0, 7), voxel_mask(LABELS, np.eye(4))])
def test_a_pickled_geometry_builds_its_mesh_again(shape):
    faces = shape.connectivity
    copy = pickle.loads(pickle.dumps(shape))
    assert "mesh" not in vars(copy)
    assert np.array_equal(copy.connectivity.areas, faces.areas)


def test_describe_tells_cells_volumes_and_areas():
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    lines = describe(voxel_mask(LABELS, affine, surface="staircase", notes=("as read",)))
    assert ("cells", "4 on a grid of 1 z x 2 y x 3 x") in lines
    assert ("volume", "8 mm3") in lines
    assert ("region label_1", "6 mm3 in 3 cells") in lines
    assert ("region label_2", "2 mm3 in 1 cells") in lines
    assert ("boundary rim", "28 mm2 in 18 faces") in lines
    assert ("note", "as read") in lines


def test_fipy_is_imported_for_a_mesh_alone_and_not_with_our_command_line():
    program = """
import sys
sys.argv = ["program", "--no-cache", "--petsc"]
import cartflow.geometries.images.mask
from cartflow.geometries.shapes.ball import ball
geometry = ball(1.0, 3)
assert "fipy" not in sys.modules
geometry.mesh
assert sys.modules["fipy"].solvers.solver_suite == "scipy"
assert sys.argv == ["program", "--no-cache", "--petsc"]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)

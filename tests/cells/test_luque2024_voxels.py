"""Rules of a published code that hang on its voxels, which its comparison can add."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cells.luque2024_voxels import PULL, pulled


def test_a_hunter_is_pulled_to_the_others_in_its_voxel_alone():
    position = np.array(
        [[0.01, 0.01, 0.01], [0.02, 0.01, 0.01], [0.025, 0.02, 0.01], [0.031, 0, 0]]
    )
    found = pulled(position, np.array([True, False, False, True]))
    np.testing.assert_allclose(found[0], PULL * np.array([0.025, 0.01, 0.0]))
    np.testing.assert_array_equal(found[1:], 0.0)

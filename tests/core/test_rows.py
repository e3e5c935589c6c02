"""Sums of rows in compiled loops, against NumPy's."""

import numpy as np
import pytest

from cartflow.core.compiling import serial
from cartflow.core.rows import LANES, add_scaled, scaled, side_by_side


@serial
def _add(out, factor, x):
    for k in range(x.shape[0]):
        add_scaled(out, (1, k), factor, x, k)
        scaled(out, (0, np.uint64(k)), factor, x, (k,))


@pytest.mark.parametrize("numbers", [1, LANES, 2 * LANES + 1])
def test_rows_are_added_in_whole_lanes(numbers):
    random = np.random.default_rng(numbers)
    x = side_by_side([random.normal(size=3) for _ in range(numbers)])
    out = side_by_side([random.normal(size=(2, 3)) for _ in range(numbers)])
    before = out.copy()
    _add(out, -1.7, x)
    assert out.shape[-1] % LANES == 0
    np.testing.assert_allclose(out[1], before[1] - 1.7 * x, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(out[0], -1.7 * x)
    assert not out[..., numbers:].any()


def test_a_row_may_be_added_to_itself():
    x = side_by_side([np.arange(3.0) + k for k in range(4)])[None]
    x = np.concatenate([x, x])
    before = x.copy()
    _add(x, 2.0, x[1])
    np.testing.assert_array_equal(x[1], 3.0 * before[1])

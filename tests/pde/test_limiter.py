"""Filling negative amounts from their neighbours keeps the total."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cartflow.pde.operators.limiter import fill

VALUES = arrays(float, 9, elements=st.floats(-1.0, 10.0, allow_subnormal=False))
VOLUMES = np.linspace(0.5, 2.0, 9)
AHEAD = np.minimum(np.arange(9) + 1, 8).astype(np.int32)[None, :]
BEHIND = np.maximum(np.arange(9) - 1, 0).astype(np.int32)[None, :]


# The first call compiles, or reads from disk.
@settings(deadline=None)
@given(VALUES)
def test_filling_keeps_the_total_and_leaves_nothing_negative(values):
    total = float(values @ VOLUMES)
    filled = values.copy()
    moved = fill(filled, VOLUMES, AHEAD, BEHIND)
    if np.isinf(moved):
        assert total <= 1e-12
        return
    assert filled.min() >= -1e-15
    assert abs(float(filled @ VOLUMES) - total) <= 1e-13 * (np.abs(values) @ VOLUMES)


def test_a_deficit_is_taken_from_beside_it():
    values = np.array([5.0, 1.0, -0.5, 1.0, 5.0])
    moved = fill(values, np.ones(5), AHEAD[:, :5].clip(max=4), BEHIND[:, :5])
    assert moved == 0.5
    assert values.tolist() == [5.0, 0.75, 0.0, 0.75, 5.0]

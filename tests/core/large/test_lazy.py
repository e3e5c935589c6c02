"""A variable that is read time by time is indexed as one in memory is."""

import numpy as np
import pytest

from cartflow.core.large.lazy import TimeByTime, lazy_variable

WHOLE = np.arange(4 * 3 * 5, dtype=float).reshape(4, 3, 5)


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), slice(None), slice(None)),
        (2, slice(None), slice(None)),
        (slice(1, 3), 0, slice(4, None, -2)),
        (slice(None, None, -1), slice(None), 3),
        (np.array([3, 0]), slice(None), np.array([1, 1, 4])),
        (slice(2, 2), slice(1, None), slice(None)),
        (-1, -1, -1),
    ],
)
def test_indexed_as_in_memory(key):
    read = []

    def one(place):
        read.append(place)
        return WHOLE[place]

    found = lazy_variable(("time", "y", "x"), TimeByTime(one, WHOLE.shape, float), {})
    assert read == []
    part = found[key]
    assert read == []
    expected = WHOLE
    for axis in (2, 1, 0):
        expected = expected[(slice(None),) * axis + (key[axis],)]
    np.testing.assert_array_equal(part.values, expected)
    assert len(read) == (1 if expected.ndim < 1 or part.dims[:1] != ("time",) else part.shape[0])

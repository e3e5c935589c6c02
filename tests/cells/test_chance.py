"""Numbers by counting against the published answers, and their distribution."""

import numpy as np
import pytest

from cartflow.cells.chance.philox import draw, normals, philox

# Salmon et al. 2011, the known answers that come with Random123: counter, key, result.
KNOWN = [
    ([0] * 4, [0] * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter, key, expected):
    words = philox(*[np.uint64(x) for x in counter + key])
    assert " ".join(f"{int(word):08x}" for word in words) == expected


def test_normals_have_mean_0_variance_1_and_are_alike_each_time():
    found = np.array([normals(*draw(7, cell, 3, 0, 0)) for cell in range(5000)])
    again = np.array([normals(*draw(7, cell, 3, 0, 0)) for cell in range(5000)])
    np.testing.assert_array_equal(found, again)
    assert abs(found.mean()) < 4 / np.sqrt(found.size)
    assert abs(found.var() - 1) < 4 * np.sqrt(2 / found.size)

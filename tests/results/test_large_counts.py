"""One state of a large tumour is counted to the bits of many small ones."""

import numpy as np
import pytest

from cartflow.results import counted
from cartflow.results.large_counts import LargeCounts

SIZE = 5000


@pytest.fixture(scope="module")
def depth():
    """Depths of which many are alike, as in rows of voxels."""
    return np.random.default_rng(3).integers(1, 40, SIZE) * 0.1


@pytest.fixture
def counts(depth):
    volumes = np.random.default_rng(4).uniform(0.5, 1.0, SIZE)
    order = np.argsort(depth, kind="stable").astype(np.int32)
    return LargeCounts(volumes=volumes, depth=depth, order=order)


@pytest.mark.parametrize("share", [0.5, 0.95])
@pytest.mark.parametrize("empty", [0.0, 0.9, 0.998])
def test_depths_are_those_of_one_product_alone(counts, depth, share, empty):
    random = np.random.default_rng(5)
    densities = random.uniform(0.0, 9.0, (3, SIZE)) * (random.uniform(size=SIZE) >= empty)
    rows = np.array([0, 2])
    cells = densities[rows] * counts.volumes
    wanted = [counted.penetration_depth(each, depth, share) for each in [*cells, cells.sum(axis=0)]]
    assert counts.depths(densities, rows, share).tolist() == wanted


def test_there_is_no_depth_of_no_cells(counts):
    assert np.isnan(counts.depths(np.zeros((2, SIZE)), np.array([0, 1]), 0.95)).all()
    # Nor where there are no products, whatever was counted before.
    counts.depths(np.ones((1, SIZE)), np.array([0]), 0.95)
    none = np.array([], dtype=int)
    assert np.isnan(counts.depths(np.ones((2, SIZE)), none, 0.95)).tolist() == [True]


def test_all_in_the_first_or_the_last_place_of_the_order(counts, depth):
    for place in (counts.order[0], counts.order[-1]):
        densities = np.zeros((1, SIZE))
        densities[0, place] = 7.0
        assert counts.depths(densities, np.array([0]), 0.95)[0] == depth[place]


def test_amounts_are_of_what_is_stored(counts):
    random = np.random.default_rng(6)
    densities = random.uniform(0.0, 9.0, (2, SIZE))
    storage = np.vstack([np.ones(SIZE), random.uniform(0.1, 0.9, SIZE)])
    exact = (densities * storage * counts.volumes).sum(axis=1)
    np.testing.assert_allclose(counts.amounts(densities, storage), exact, rtol=1e-13)
    np.testing.assert_allclose(counts.products(densities, np.array([0])), exact[:1], rtol=1e-13)

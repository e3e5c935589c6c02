"""Rows of the mesh's matrix, scaled by species: none is swapped because of units alone."""

import numpy as np
import pytest

from cartflow.coupling.line.balance import row_scales
from cartflow.coupling.line.band import columns, factorise_scaled, solve


def _system(units, width, cells=20):
    """Return a matrix that is led by its diagonal, its unknowns in unlike units, and its band."""
    random, species = np.random.default_rng(4), units.size
    n = species * cells
    matrix, band = np.zeros((n, n)), np.zeros((n, columns(width)))
    for i in range(n):
        for j in range(max(0, i - width), min(n, i + width + 1)):
            value = 2.0 * width if i == j else random.uniform(-1.0, 1.0)
            value *= units[i % species] / units[j % species]
            matrix[i, j] = band[i, j - i + width] = value
    return matrix, band


def _room(units, band):
    n, species = len(band), units.size
    pivots, reach = np.zeros(n, np.int64), np.zeros(n, np.int64)
    entries, largest = np.zeros((species, band.shape[1])), np.zeros((species, species))
    return pivots, reach, entries, largest, np.zeros(species), np.zeros(n)


@pytest.mark.parametrize("width", [3, 6])
@pytest.mark.parametrize("units", [[1.0, 1.0, 1.0], [1e5, 1.0, 1e-6], [1e-9, 1e4, 1e9]])
def test_units_swap_no_rows(units, width):
    units = np.array(units)
    matrix, band = _system(units, width)
    pivots, reach, entries, largest, found, scale = _room(units, band)
    row_scales(band, entries, largest, found, scale)
    np.testing.assert_allclose(found * units / found[0] / units[0], 1.0, rtol=0.7)
    factorise_scaled(band, pivots, scale, reach)
    assert (pivots == np.arange(pivots.size)).all()
    true = np.tile(units, 20) * np.random.default_rng(5).normal(size=pivots.size)
    x = matrix @ true
    solve(band, pivots, scale, reach, x)
    np.testing.assert_allclose(x / np.tile(units, 20), true / np.tile(units, 20), atol=1e-12)


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_species_that_do_not_couple_keep_finite_scales(dead):
    units = np.array([1e5, 1.0, 1e-6])
    matrix, band = _system(units, 6)
    n = len(matrix)
    for i in range(n):
        for j in range(max(0, i - 6), min(n, i + 7)):
            if i != j and dead in (i % 3, j % 3):
                matrix[i, j] = band[i, j - i + 6] = 0.0
    pivots, reach, entries, largest, found, scale = _room(units, band)
    row_scales(band, entries, largest, found, scale)
    assert np.isfinite(scale).all()
    assert (scale > 0).all()
    factorise_scaled(band, pivots, scale, reach)
    x = matrix @ np.tile(units, n // 3)
    solve(band, pivots, scale, reach, x)
    np.testing.assert_allclose(x, np.tile(units, n // 3), rtol=1e-10)

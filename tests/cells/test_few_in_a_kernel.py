"""Rates that depend on densities are off by what few cells within a kernel scatter, and no more."""

import numpy as np
import pytest
from cells_in_rooms import cells, gait

from cartflow.cells.births.happen import choices, happened
from cartflow.cells.density.kernel import Kernel
from cartflow.cells.movement.walk import room_of, walked
from cartflow.geometries.shapes.slab import slab

MESH = 20
STILL = np.zeros((0, 2))


def weights(kernel):
    """Return the mean share of a cell in its own mesh cell, and of two in the same."""
    spread = kernel.densities(np.eye(MESH)) * kernel.geometry.cell_volumes
    return np.trace(spread) / MESH, (spread**2).sum() / MESH


def mean_of_logistic(capacity, width, steps, seed):
    """Return the mean number in a mesh cell of cells that grow to `capacity` and mix at once."""
    geometry = slab(1.0, MESH)
    room, kernel = room_of(geometry), Kernel(geometry=geometry, width=width)
    acts, order = choices([0, 0], [(0, 0), ()], 1)
    now, total = cells(room, np.repeat(np.arange(MESH), capacity), seed), 0.0
    for step in range(1, steps + 1):
        now = walked(now, room, gait(diffusivity=100.0), STILL, 0.1, step, seed)
        seen = kernel.densities(now.counts(1, MESH))[0] * geometry.cell_volumes
        chances = np.stack([np.ones(MESH), seen / capacity])[order]
        now, *_ = happened(now, acts, chances, 0.1, step, seed, 10**6)
        total += now.size if step > 50 else 0
    return total / (steps - 50) / MESH


@pytest.mark.parametrize(
    ("capacity", "width", "steps"),
    [
        (10, 0.0, 3000),
        (10, 0.1, 3000),
        pytest.param(40, 0.0, 12_000, marks=pytest.mark.slow),
        pytest.param(160, 0.0, 20_000, marks=pytest.mark.slow),
        pytest.param(40, 0.1, 12_000, marks=pytest.mark.slow),
    ],
)
def test_logistic_growth_counts_the_cell_itself(capacity, width, steps):
    # Well mixed, n = K - s with s the share of a cell in its own mesh cell: Poisson's variance.
    own, _ = weights(Kernel(geometry=slab(1.0, MESH), width=width))
    found = mean_of_logistic(capacity, width, steps, 1)
    # Total numbers wander for 1/r by their root: `steps` / 20 such times are seen.
    error = np.sqrt(capacity / MESH / (steps / 20))
    assert abs(found - (capacity - own)) < 4 * error + 0.05 * own
    assert own == pytest.approx(1.0 if width == 0 else 0.22, abs=0.01)


@pytest.mark.parametrize(("number", "width"), [(5, 0.0), (20, 0.0), (5, 0.1)])
def test_a_saturating_predator_kills_less_by_the_scatter_of_its_numbers(number, width):
    # C / (h + C) bends down: its mean is below that at the mean by half its bend times a variance.
    geometry = slab(1.0, MESH)
    room, kernel = room_of(geometry), Kernel(geometry=geometry, width=width)
    found = []
    for seed in range(400):
        now = cells(room, np.random.default_rng(seed).integers(MESH, size=number * MESH), seed)
        seen = kernel.densities(now.counts(1, MESH))[0] * geometry.cell_volumes
        found.append((seen / (10 + seen)).mean())
    _, two = weights(kernel)
    half = number / (10 + number)
    bend, variance = -20 / (10 + number) ** 3, number * (two - 1 / MESH)
    third = 60 / (10 + number) ** 4 * number * two**2
    fourth = -240 / (10 + number) ** 5 * 3 * variance**2
    expected = half + bend * variance / 2 + third / 6 + fourth / 24
    error = np.std(found) / np.sqrt(len(found))
    # Of what the fourth order leaves, and the walls' ends, a twentieth.
    assert abs(np.mean(found) - expected) < 4 * error + 0.05 * (half - expected)
    assert half - expected > 2 * error

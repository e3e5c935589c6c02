"""Fields at rest in balls and discs of filled shares: second order up to the surface."""

from functools import cache

import numpy as np
import pytest
from filled_shares import shares
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import cg
from scipy.special import iv

from cartflow.geometries.images.partial import partial_volume_mask
from cartflow.pde.boundary import FixedValue, PrescribedFlux, Robin
from cartflow.pde.operators.operator import Operators
from cartflow.validation.problems import cells_problem, inert

# q r in the solution sinh(q r) / r of a ball with radius 1, I0(q r) of a disc.
Q = 3.0


def disc_shares(number, seed, parts=256):
    """Return how much of every pixel a disc of radius 1 anywhere fills, exactly along y."""
    off = np.random.default_rng(seed).uniform(-0.5, 0.5, 2)
    x, y = (np.arange(-number - 2, number + 3) - o for o in off)
    held = np.zeros((x.size, y.size))
    for dx in (np.arange(parts) - 0.5 * (parts - 1)) / parts:
        top = np.sqrt(np.maximum(number**2 - (x + dx)[:, None] ** 2, 0.0))
        held += np.maximum(np.minimum(y + 0.5, top) - np.maximum(y - 0.5, -top), 0.0)
    affine = np.diag([1 / number, 1 / number, 0.7, 1.0])
    affine[:2, 3] = x[0] / number, y[0] / number
    return (held / parts)[:, :, None], affine


SHAPES = {
    "ball": (
        (6, 24),
        lambda number, seed: shares(1.0, (1 / number,) * 3, seed, parts=12),
        lambda r: np.sinh(Q * r) / r,
        Q * np.cosh(Q) - np.sinh(Q),
    ),
    "disc": ((8, 16, 32), disc_shares, lambda r: iv(0, Q * r), Q * iv(1, Q)),
}
CONDITIONS = {
    "flux": lambda u, s: PrescribedFlux(flux=s),
    "film": lambda u, s: Robin(transfer_coefficient=2.0, exterior=u + s / 2.0),
    "strong film": lambda u, s: Robin(transfer_coefficient=200.0, exterior=u + s / 200.0),
    "fixed value": lambda u, s: FixedValue(value=u),
}


@cache
def place(shape, number, seed):
    return partial_volume_mask(*SHAPES[shape][1](number, seed))


def at_rest(geometry, condition):
    """Solve ``-div grad u + Q^2 u = 0`` with a condition at the rim, by the engines' operator."""
    problem = cells_problem(geometry, inert("phenotype"), 1.0, boundaries={"rim": condition})
    at, faces = Operators(problem).at(np.ones((1, geometry.size))), geometry.connectivity
    link, i, j = at.exchange[0], faces.owner, faces.neighbour
    places = (np.r_[i, j, i, j], np.r_[i, j, j, i])
    spread = coo_array((np.r_[link, link, -link, -link], places), shape=(geometry.size,) * 2)
    matrix = (spread + diags_array((Q**2 + at.loss[0]) * geometry.cell_volumes)).tocsr()
    right = at.gain[0] * geometry.cell_volumes
    u, failed = cg(matrix, right, rtol=1e-10, M=diags_array(1.0 / matrix.diagonal()))
    assert not failed
    return u


def stands(geometry, condition):
    """Return the radius that each cell's value stands for."""
    r = np.linalg.norm(geometry.centres[:, : 3 if geometry.flat is None else 2], axis=1)
    strong = isinstance(condition, FixedValue) or (
        isinstance(condition, Robin) and condition.transfer_coefficient > 100
    )
    return r - geometry.boundary("rim").shifts if strong else r


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CONDITIONS)
def test_fields_at_rest_are_of_second_order_up_to_the_surface(shape, name):
    numbers, _, exact, slope = SHAPES[shape]
    value = exact(1.0)
    condition = CONDITIONS[name](value, slope)
    errors = []
    for number in numbers:
        each = []
        for seed in range(2):
            geometry = place(shape, number, seed)
            off = np.abs(at_rest(geometry, condition) - exact(stands(geometry, condition))) / value
            weight = geometry.cell_volumes / geometry.volume
            each.append([off @ weight, np.sqrt(off**2 @ weight)])
        errors.append(np.mean(each, axis=0))
    orders = np.log2(errors[0] / errors[-1]) / np.log2(numbers[-1] / numbers[0])
    assert orders.min() > 1.9, (orders, errors)
    assert np.max(errors[-1]) < 0.004

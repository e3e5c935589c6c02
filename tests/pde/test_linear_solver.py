"""The sign-keeping linear solvers against SciPy's, on matrices such as transport gives."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

from cartflow.core.outcome import StepFailed
from cartflow.pde.reference import nonnegative_solver
from cartflow.pde.reference.nonnegative_solver import solve_direct, solve_iterative


def transport(shape, ratio, peclet=0.0, loss=0.0, seed=0):
    """Return 1 + loss + dt x transport on a grid: `ratio` is dt D/dx^2, `peclet` the cell's."""
    rng = np.random.default_rng(seed)
    index = np.arange(np.prod(shape)).reshape(shape)
    dense = np.zeros((index.size, index.size))
    for axis, n in enumerate(shape):
        own = index.take(range(n - 1), axis=axis).ravel()
        other = index.take(range(1, n), axis=axis).ravel()
        drift = peclet * ratio * rng.uniform(-1, 1, own.size)
        forth, back = ratio + np.maximum(drift, 0), ratio + np.maximum(-drift, 0)
        dense[own, own] += forth
        dense[other, own] -= forth
        dense[other, other] += back
        dense[own, other] -= back
    return csr_matrix(dense + (1.0 + loss) * np.eye(index.size))


def bump(size):
    right = np.zeros(size)
    right[size // 3] = 1e5
    return right


def rough(size):
    return np.random.default_rng(3).uniform(0, 1e3, size)


CASES = [
    (ratio, peclet) for ratio in (0.01, 1.0, 100.0, 1e3, 1e4, 1e6) for peclet in (0.0, 1.0, 50.0)
]


@pytest.mark.parametrize("right", [bump, rough])
@pytest.mark.parametrize(("ratio", "peclet"), CASES)
def test_iterative_solution_is_right_nonnegative_and_keeps_the_sum(ratio, peclet, right):
    matrix, b = transport((7, 8, 9), ratio, peclet), right(504)
    solution = solve_iterative(matrix, b, b.copy())
    # One has to allow what the terms of a row, which cancel, lose: about 6 ratio x 1e-16.
    lost = 2e-14 * (1 + 6 * ratio * (1 + peclet)) + 1e-12
    exact = spsolve(matrix.tocsc(), b)
    assert solution == pytest.approx(exact, abs=lost * exact.max())
    assert solution.min() >= 0
    assert solution.sum() == pytest.approx(b.sum(), rel=lost)


def test_iterative_solution_of_random_matrices_with_losses():
    rng = np.random.default_rng(5)
    for seed in range(5):
        off = rng.uniform(0, 1, (60, 60)) * (rng.uniform(size=(60, 60)) < 0.1)
        np.fill_diagonal(off, 0.0)
        matrix = csr_matrix(np.diag(off.sum(axis=0) + rng.uniform(0.1, 10, 60)) - off)
        b = rng.uniform(0, 1, 60) * (rng.uniform(size=60) < 0.3)
        solution = solve_iterative(matrix, b, np.zeros(60))
        assert solution.min() >= 0, seed
        assert solution == pytest.approx(spsolve(matrix.tocsc(), b), rel=1e-11, abs=1e-13)


def test_a_bad_start_does_not_matter():
    matrix, b = transport((6, 6, 6), 10.0), bump(216)
    good = solve_iterative(matrix, b, b.copy())
    for start in (np.zeros(216), np.full(216, 1e9), -b):
        assert solve_iterative(matrix, b, start) == pytest.approx(good, rel=1e-9)


def test_nothing_in_gives_nothing():
    assert np.all(solve_iterative(transport((4, 4), 1.0), np.zeros(16), np.ones(16)) == 0.0)


def test_few_sweeps_are_enough(monkeypatch):
    # Jacobi sweeps alone would need some 30 x ratio of them.
    monkeypatch.setattr(nonnegative_solver, "_ROUNDS", 2)
    matrix, b = transport((10, 10, 10), 1e4, 5.0), bump(1000)
    assert solve_iterative(matrix, b, b.copy()).min() >= 0


def test_a_matrix_that_it_cannot_solve_raises():
    with pytest.raises(StepFailed, match="linear solver: no convergence"):
        solve_iterative(csr_matrix([[1.0, -3.0], [-3.0, 1.0]]), np.ones(2), np.ones(2))


@pytest.mark.parametrize(("ratio", "peclet"), CASES)
def test_direct_solution_is_right_and_nonnegative_down_to_the_tail(ratio, peclet):
    matrix, b = transport((80,), ratio, peclet), np.eye(80)[0] * 1e5
    solution = solve_direct(matrix, b)
    assert solution.min() >= 0
    assert solution == pytest.approx(spsolve(matrix.tocsc(), b), rel=1e-8, abs=1e-290)
    if peclet == 0.0:
        # Without pivoting even the tail, 1e-150 of the peak, has its full accuracy.
        decay = np.arccosh(1 + 0.5 / ratio)
        centres = np.arange(80) + 0.5
        shape = np.cosh(decay * (80 - centres)) if decay < 5 else np.exp(-decay * centres)
        assert solution / solution[0] == pytest.approx(shape / shape[0], rel=1e-8)

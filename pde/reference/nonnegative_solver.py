"""Linear solvers that keep the sign: nonnegative data give a nonnegative solution.

Transport matrices are M-matrices. Elimination without pivoting adds only numbers of one sign in
its substitutions, and so does a Jacobi sweep; FiPy's own solvers end in a correction that
leaves round-off of either sign in empty tissue.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import LinearOperator, bicgstab, splu

from cartflow.core.outcome import StepFailed
from cartflow.geometries.fipy_import import fipy

Array = np.ndarray

TOLERANCE = 1e-13
_ROUNDING = 1e-14  # what a row's terms, which cancel, leave of their size
_ROUNDS = 16
_SWEEPS = 20
_MOST_SWEEPS = 400


def solve_direct(matrix: csr_matrix, right: Array) -> Array:
    """Solve by elimination without pivoting, for one-dimensional meshes (no fill-in)."""
    options = {"SymmetricMode": True}
    factors = splu(matrix.tocsc(), permc_spec="NATURAL", diag_pivot_thresh=0.0, options=options)
    return np.asarray(factors.solve(right))


def solve_iterative(matrix: csr_matrix, right: Array, start: Array) -> Array:
    """BiCGSTAB for the size of the solution, then Jacobi sweeps for its sign.

    A residual within round-off of the terms it is made of counts as none; until then BiCGSTAB
    starts again from the newest solution. Raises `StepFailed` if it never gets there.
    """
    diagonal = matrix.diagonal()
    scale = np.abs(right).sum()
    if scale == 0.0:
        return np.zeros_like(right)
    off = diags(diagonal) - matrix
    near = _by_sweeps(off, diagonal, right, start)
    if near is not None:
        return near
    jacobi = LinearOperator(matrix.shape, lambda r: r / diagonal)
    solution = start
    for _ in range(_ROUNDS):
        guess, _ = bicgstab(
            matrix, right, x0=solution, rtol=TOLERANCE, atol=0.0, maxiter=2000, M=jacobi
        )
        solution = np.maximum(np.nan_to_num(guess, posinf=0.0), 0.0)
        for _ in range(_SWEEPS):
            previous, solution = solution, (right + off @ solution) / diagonal
            residual = np.abs(diagonal * (solution - previous)).sum()
            if residual <= TOLERANCE * scale + _ROUNDING * (diagonal @ solution):
                return solution
    raise StepFailed("linear solver", f"no convergence in {_ROUNDS} rounds of BiCGSTAB")


def _by_sweeps(off: csr_matrix, diagonal: Array, right: Array, start: Array) -> Array | None:
    """Return the solution by Jacobi sweeps from the old state, if some hundred do; else None.

    A sweep adds only numbers of one sign, so every cell is exact to its own digits: also the far
    edge of a front, many decades below its height, which a residual norm does not see and
    whose round-off would grow into cells.
    """
    scale = np.abs(right).sum()
    counted = right > 1e-250 * scale
    held = right[counted] / np.maximum(diagonal[counted] * start[counted], 1e-300)
    shrink = 1.0 - float(np.clip(held.min(initial=1.0), 1e-9, 1.0 - 1e-9))
    sweeps = int(np.ceil(np.log(TOLERANCE) / np.log(shrink)))
    if sweeps > _MOST_SWEEPS:
        return None
    solution = start
    for _ in range(sweeps):
        previous, solution = solution, (right + off @ solution) / diagonal
    residual = np.abs(diagonal * (solution - previous)).sum()
    return solution if residual <= TOLERANCE * scale + _ROUNDING * (diagonal @ solution) else None


@cache
def solver_class() -> type:
    """Return the solver as a subclass of FiPy's, made when FiPy is first needed."""
    fipy()
    from fipy.solvers.scipy.scipySolver import ScipySolver

    class NonnegativeSolver(ScipySolver):
        """Direct in one dimension, iterative in more (LU fills in and takes minutes in 3-D)."""

        def __init__(self, *, direct: bool) -> None:
            self.direct = direct
            super().__init__(tolerance=TOLERANCE, criterion="RHS", precon=None)

        def _solve_(self, L: Any, x: Array, b: Array) -> Array:
            matrix = csr_matrix(L)
            # FiPy may hand the equation over with either sign.
            sign = np.sign(matrix.diagonal()[0])
            right = sign * np.asarray(b)
            matrix = sign * matrix
            if not (np.isfinite(right).all() and np.isfinite(matrix.data).all()):
                # The engine finds it there and names the field; a solver would only break down.
                return np.full_like(right, np.nan)
            if self.direct:
                return solve_direct(matrix, right)
            return solve_iterative(matrix, right, np.asarray(x))

    return NonnegativeSolver

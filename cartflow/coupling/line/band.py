"""Banded and small dense matrices, factorised row by row with partial pivoting.

A banded row i holds its columns j from i - width to i + 2 width at ``band[i, j - i + width]``;
the last third is room for what pivoting brings in.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import serial

Array = np.ndarray


@serial
def factorise(band: Array, width: int, pivots: Array, scale: Array) -> None:
    """Factorise in place; `pivots` gets the row swapped into each place, `scale` the rows' own.

    Rows are first scaled to largest entries of one, since species differ in their amounts. A
    singular matrix leaves infinities or nan.
    """
    n = band.shape[0]
    for i in range(n):
        largest = 0.0
        for k in range(2 * width + 1):
            largest = max(largest, abs(band[i, k]))
        scale[i] = 1.0 / largest
        for k in range(2 * width + 1):
            band[i, k] *= scale[i]
    for k in range(n):
        last = min(k + width, n - 1)
        p, best = k, abs(band[k, width])
        for i in range(k + 1, last + 1):
            size = abs(band[i, k - i + width])
            if size > 1.000001 * best:
                p, best = i, size
        pivots[k] = p
        end = min(2 * width, n - 1 - k)
        if p != k:
            at = k - p + width
            for j in range(end + 1):
                band[k, width + j], band[p, at + j] = band[p, at + j], band[k, width + j]
        over = 1.0 / band[k, width]
        for i in range(k + 1, last + 1):
            at = k - i + width
            factor = band[i, at] * over
            band[i, at] = factor
            if factor != 0.0:
                for j in range(1, end + 1):
                    band[i, at + j] -= factor * band[k, width + j]


@serial
def solve(band: Array, width: int, pivots: Array, scale: Array, x: Array) -> None:
    """Solve in place with the factors of `factorise`."""
    n = band.shape[0]
    for i in range(n):
        x[i] *= scale[i]
    for k in range(n):
        p = pivots[k]
        if p != k:
            x[k], x[p] = x[p], x[k]
        here = x[k]
        if here != 0.0:
            for i in range(k + 1, min(k + width, n - 1) + 1):
                x[i] -= band[i, k - i + width] * here
    for k in range(n - 1, -1, -1):
        total = x[k]
        for j in range(1, min(2 * width, n - 1 - k) + 1):
            total -= band[k, width + j] * x[k + j]
        x[k] = total / band[k, width]


@serial
def factorise_dense(matrix: Array, pivots: Array) -> None:
    """Factorise a square matrix in place; rows that have nothing in a column cost nothing."""
    n = matrix.shape[0]
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(matrix[i, k]) > abs(matrix[p, k]):
                p = i
        pivots[k] = p
        if p != k:
            for j in range(n):
                matrix[k, j], matrix[p, j] = matrix[p, j], matrix[k, j]
        over = 1.0 / matrix[k, k]
        for i in range(k + 1, n):
            if matrix[i, k] != 0.0:
                matrix[i, k] *= over
                for j in range(k + 1, n):
                    matrix[i, j] -= matrix[i, k] * matrix[k, j]


@serial
def solve_dense(matrix: Array, pivots: Array, x: Array) -> None:
    """Solve in place with the factors of `factorise_dense`."""
    n = matrix.shape[0]
    for k in range(n):
        p = pivots[k]
        if p != k:
            x[k], x[p] = x[p], x[k]
    for k in range(n):
        for j in range(k):
            x[k] -= matrix[k, j] * x[j]
    for k in range(n - 1, -1, -1):
        total = x[k]
        for j in range(k + 1, n):
            total -= matrix[k, j] * x[j]
        x[k] = total / matrix[k, k]

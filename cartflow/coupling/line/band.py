"""Banded and small dense matrices, factorised row by row with threshold pivoting.

A banded row i holds its columns j from i - width to i + 2 width at ``band[i, j - i + width]``;
the last third is room for what pivoting brings in, the columns after it are nought. Rows are
swapped only where a multiplier would be above `_MOST`, as seldom happens, so that they stay short.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused_in_place, in_place

Array = np.ndarray

_MOST = 10.0
_MORE = 4  # columns of a band beside the three times `width`
# Numbers without a sign are not looked at for counting from the end.
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
_FOUR, _FIVE, _SIX = np.uint64(4), np.uint64(5), np.uint64(6)


def columns(width: int) -> int:
    """Return how many columns a band of a `width` has."""
    return 3 * width + _MORE


@in_place
def width_of(band: Array) -> int:
    """Return how far from its diagonal a band reaches before it is factorised."""
    return (band.shape[1] - _MORE) // 3


@fused_in_place
def factorise(band: Array, pivots: Array, scale: Array, reach: Array) -> None:
    """Factorise in place, rows scaled to largest entries of one (see `factorise_scaled`)."""
    for i in range(band.shape[0]):
        largest = 0.0
        for k in range(2 * width_of(band) + 1):
            size = abs(band[i, k])
            largest = size if size > largest else largest
        scale[i] = 1.0 / largest
    factorise_scaled(band, pivots, scale, reach)


@fused_in_place
def factorise_scaled(band: Array, pivots: Array, scale: Array, reach: Array) -> None:
    """Factorise in place; `pivots` gets the row swapped into each place, `scale` are the rows' own.

    `reach` gets how far beyond its diagonal each row goes, which holds its own inverse. A
    singular matrix leaves infinities or nan.
    """
    n, width = band.shape[0], width_of(band)
    for i in range(n):
        for k in range(2 * width + 1):
            band[i, k] *= scale[i]
        pivots[i], reach[i] = i, min(width, n - 1 - i)
    for k in range(n):
        last = min(k + width, n - 1)
        over = 1.0 / band[k, width]
        small = True
        for i in range(k + 1, last + 1):
            small &= abs(band[i, np.uint64(k - i + width)] * over) <= _MOST
        if not small:
            _swap(band, width, k, pivots, reach)
            over = 1.0 / band[k, width]
        band[k, width], end = over, reach[k]
        for i in range(k + 1, last + 1):
            at = k - i + width
            band[i, np.uint64(at)] *= over
            reach[i] = max(reach[i], end + at - width)
        for j in range(width + 1, width + 1 + end, 4):
            a, b, c, d = band[k, j], band[k, j + 1], band[k, j + 2], band[k, j + 3]
            for i in range(k + 1, last + 1):
                factor, place = band[i, np.uint64(k - i + width)], np.uint64(j + k - i)
                if factor != 0.0:
                    band[i, place] -= factor * a
                    band[i, place + _ONE] -= factor * b
                    band[i, place + _TWO] -= factor * c
                    band[i, place + _THREE] -= factor * d


@in_place
def _swap(band: Array, width: int, k: int, pivots: Array, reach: Array) -> None:
    """Bring the largest entry of column k, on or below the diagonal, to the diagonal."""
    p, best = k, abs(band[k, width])
    for i in range(k + 1, min(k + width, band.shape[0] - 1) + 1):
        size = abs(band[i, k - i + width])
        if size > best:
            p, best = i, size
    if p == k:
        return
    pivots[k], at = p, k - p + width
    mine, other = reach[k], reach[p] + p - k
    for j in range(max(mine, other) + 1):
        band[k, width + j], band[p, at + j] = band[p, at + j], band[k, width + j]
    reach[k], reach[p] = other, mine - (p - k)


@in_place
def first_beyond(band: Array, pivots: Array) -> int:
    """Return the first row of a factorised matrix up to which its determinant is not positive.

    -1 if there is none, as of 1/(g h) - J wherever all that grows does so slower than 1/(g h).
    What grows faster a step has damped instead, and no estimate of its error tells that.
    """
    positive, settled = True, -1
    for k in range(band.shape[0]):
        if (band[k, width_of(band)] < 0.0) != (pivots[k] != k):
            positive = not positive
        settled = max(settled, pivots[k])
        # Rows above have been swapped among themselves only.
        if not positive and settled <= k:
            return k
    return -1


@fused_in_place
def solve(band: Array, pivots: Array, scale: Array, reach: Array, x: Array) -> None:
    """Solve in place with the factors of `factorise`."""
    n, width = band.shape[0], width_of(band)
    if width == 6 and n >= 12 and not _swapped(pivots):
        _solve_six(band, scale, x)
        return
    for i in range(n):
        x[i] *= scale[i]
    for k in range(n):
        p = pivots[k]
        here = x[p]
        if p != k:
            x[p], x[k] = x[k], here
        for i in range(k + 1, min(k + width, n - 1) + 1):
            x[i] -= band[i, np.uint64(k - i + width)] * here
    for k in range(n - 1, -1, -1):
        total = x[k]
        # What was found last comes last, so that the rest need not wait for it.
        for j in range(reach[k], 0, -1):
            total -= band[k, np.uint64(width + j)] * x[np.uint64(k + j)]
        x[k] = total * band[k, width]


@in_place
def _swapped(pivots: Array) -> bool:
    found = 0
    for k in range(pivots.size):
        found |= pivots[k] ^ k
    return found != 0


@fused_in_place
def _solve_six(band: Array, scale: Array, x: Array) -> None:
    """Solve in place where the width is six (three species, one of them with drift), as `solve`.

    What the next row waits for stays in registers: by memory each row would take three times as
    long. No row may be swapped.
    """
    n = x.size
    for i in range(n):
        x[i] *= scale[i]
    a, b, c, d, e, f = x[0], x[1], x[2], x[3], x[4], x[5]
    for row in range(n - 6):
        k = np.uint64(row)
        here, x[k] = a, a
        a = b - band[k + _ONE, _FIVE] * here
        b = c - band[k + _TWO, _FOUR] * here
        c = d - band[k + _THREE, _THREE] * here
        d = e - band[k + _FOUR, _TWO] * here
        e = f - band[k + _FIVE, _ONE] * here
        f = x[k + _SIX] - band[k + _SIX, np.uint64(0)] * here
    x[n - 6], x[n - 5], x[n - 4], x[n - 3], x[n - 2], x[n - 1] = a, b, c, d, e, f
    for j in range(n - 6, n):
        for i in range(j + 1, n):
            x[i] -= band[i, np.uint64(j - i + 6)] * x[j]
    a = b = c = d = e = f = x[0] - x[0]
    for row in range(n - 1, -1, -1):
        k = np.uint64(row)
        over = band[k, _SIX]
        total = x[k] - band[k, 12] * f - band[k, 11] * e - band[k, 10] * d
        total = (total - band[k, 9] * c - band[k, 8] * b) * over
        f, e, d, c, b = e, d, c, b, a
        # The row before comes last, with all else multiplied.
        a = total - band[k, 7] * over * a
        x[k] = a


@in_place
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


@in_place
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

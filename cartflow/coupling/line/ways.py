"""The body's matrix, eliminated along the ways that there are between compartments.

Few of all pairs of compartments exchange cells, and few more do in the factors if those with the
fewest ways are eliminated first. Columns of 1/(g h) - rates are dominated by their diagonal, as
cells go nowhere but to compartments, so that no order needs rows to be swapped.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import fused_in_place, in_place

Array = np.ndarray


class Ways(NamedTuple):
    """The n-th compartment that is eliminated, and what is left around it then.

    It is ``order[n]``; `below` are the rows in its column from ``below_from[n]`` to those of n + 1,
    `beside` the columns in its row.
    """

    order: Array
    below: Array
    below_from: Array
    beside: Array
    beside_from: Array


def ways_of(links: Array, compartments: int) -> Ways:
    """Return the ways of a matrix with a diagonal and entries at `links` (ways, 2)."""
    return _ways(tuple(map(tuple, links.tolist())), compartments)


@lru_cache(maxsize=64)
def _ways(links: tuple[tuple[int, int], ...], compartments: int) -> Ways:
    rows: list[set[int]] = [set() for _ in range(compartments)]
    columns: list[set[int]] = [set() for _ in range(compartments)]
    for i, j in links:
        if i != j:
            rows[i].add(j)
            columns[j].add(i)
    left, order, below, beside = set(range(compartments)), [], [], []
    while left:
        # Markowitz: the one that brings in the fewest.
        k = min(left, key=lambda n: (len(rows[n]) * len(columns[n]), n))
        left.remove(k)
        order.append(k)
        below.append(sorted(columns[k]))
        beside.append(sorted(rows[k]))
        for i in columns[k]:
            rows[i] |= rows[k] - {i}
            rows[i].discard(k)
        for j in rows[k]:
            columns[j] |= columns[k] - {j}
            columns[j].discard(k)
    return Ways(_places(order), *_lists(below), *_lists(beside))


def _lists(groups: list[list[int]]) -> tuple[Array, Array]:
    """Return lists one after the other, and where each begins."""
    sizes = [len(each) for each in groups]
    return _places([i for each in groups for i in each]), _places([0, *np.cumsum(sizes).tolist()])


def _places(numbers: list[int]) -> Array:
    # Numbers without a sign are not looked at for counting from the end.
    return np.array(numbers, dtype=np.uint64)


@fused_in_place
def eliminate(matrix: Array, ways: Ways) -> None:
    """Factorise in place; the diagonal gets its inverse."""
    for n in range(ways.order.size):
        k = ways.order[n]
        over = 1.0 / matrix[k, k]
        matrix[k, k] = over
        for a in range(ways.below_from[n], ways.below_from[n + 1]):
            i = ways.below[a]
            factor = matrix[i, k] * over
            matrix[i, k] = factor
            for b in range(ways.beside_from[n], ways.beside_from[n + 1]):
                j = ways.beside[b]
                matrix[i, j] -= factor * matrix[k, j]


@fused_in_place
def solve_along(matrix: Array, ways: Ways, x: Array) -> None:
    """Solve in place with the factors of `eliminate`."""
    for n in range(ways.order.size):
        k = ways.order[n]
        here = x[k]
        for a in range(ways.below_from[n], ways.below_from[n + 1]):
            i = ways.below[a]
            x[i] -= matrix[i, k] * here
    for n in range(ways.order.size - 1, -1, -1):
        k = ways.order[n]
        total = x[k]
        for b in range(ways.beside_from[n], ways.beside_from[n + 1]):
            j = ways.beside[b]
            total -= matrix[k, j] * x[j]
        x[k] = total * matrix[k, k]


@in_place
def prepare_body(
    rates: Array, node: int, over: float, ways: Ways, dense: Array, drained: Array
) -> None:
    """Factorise the body's 1/(g h) - rates in `dense`, the same for every product.

    `over` is 1/(g h); `drained` gets the answer to one cell a day into the draining `node`.
    """
    n = drained.size
    for i in range(n):
        for j in range(n):
            dense[i, j] = -rates[i, j]
        dense[i, i] += over
        drained[i] = 0.0
    if n > 0:
        eliminate(dense, ways)
        drained[node] = 1.0
        solve_along(dense, ways, drained)

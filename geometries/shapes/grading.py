"""Cells in a row that are thinner where something happens: at surfaces and layers' edges."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.checks import as_number

Floats = NDArray[np.float64]
_MOST = 1e4


def graded_edges(
    start: float, end: float, cells: int, grading: float, fine_at: Sequence[float], what: str
) -> Floats:
    """Return the edges (cells + 1,) mm of cells that are thinnest at the places `fine_at`.

    The thickness grows linearly with the distance d to the nearest of them, as
    ``1 + (grading - 1) d/d_max``, so that the widest cell is some `grading` times as thick as
    the thinnest; each place is an edge. Raises `InputError` on too few cells or a bad grading.
    """
    ratio = as_number(grading, f"{what} grading")
    if not 1 <= ratio <= _MOST:
        msg = f"{what} grading: got {grading}; it must lie between 1 and {_MOST:g}"
        raise InputError(msg)
    fine = {float(place) for place in fine_at if start <= place <= end}
    nodes = sorted({start, end} | fine)
    if cells < len(nodes) - 1:
        msg = f"{what} cells: got {cells}; its layers part it into {len(nodes) - 1}"
        raise InputError(msg)
    parts = [_Part(a, b, a in fine, b in fine) for a, b in pairwise(nodes)]
    slope = (ratio - 1.0) / max(part.reach for part in parts)
    numbers = _shares(np.array([part.count(slope) for part in parts]), cells)
    inner = [part.edges(int(n), slope) for part, n in zip(parts, numbers, strict=True)]
    return np.concatenate([[start], *inner])


class _Part:
    """The stretch from a to b (mm), thin at either end or at one; `reach` is the largest d."""

    def __init__(self, a: float, b: float, thin_a: bool, thin_b: bool) -> None:
        self.a, self.b, self.thin_a, self.thin_b = a, b, thin_a, thin_b
        self.reach = 0.5 * (b - a) if thin_a and thin_b else b - a

    def count(self, slope: float) -> float:
        """Return the integral of dx over the thickness 1 + slope d."""
        both = 2.0 if self.thin_a and self.thin_b else 1.0
        return both * _passed(self.reach, slope)

    def edges(self, number: int, slope: float) -> Floats:
        """Return the edges of `number` cells, without a."""
        passed = np.arange(1, number + 1) / number * self.count(slope)
        half = _passed(self.reach, slope)
        from_a = self.a + _distance(passed, slope)
        from_b = self.b - _distance(self.count(slope) - passed, slope)
        near_a = (passed <= half) if self.thin_b else np.ones(number, dtype=bool)
        edges = np.where(near_a if self.thin_a else False, from_a, from_b)
        edges[-1] = self.b
        return edges


def _passed(distance: float, slope: float) -> float:
    return float(np.log1p(slope * distance) / slope) if slope > 0 else distance


def _distance(passed: Floats, slope: float) -> Floats:
    return np.expm1(slope * passed) / slope if slope > 0 else passed


def _shares(counts: Floats, cells: int) -> NDArray[np.int64]:
    """Return whole numbers, each at least one, in proportion to `counts` and summing to `cells`."""
    wanted = 1.0 + (cells - counts.size) * counts / counts.sum()
    wanted = np.maximum(wanted, 1.0)
    numbers = np.floor(wanted).astype(np.int64)
    left = np.argsort(numbers - wanted, kind="stable")[: cells - int(numbers.sum())]
    numbers[left] += 1
    return numbers

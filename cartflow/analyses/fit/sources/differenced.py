"""Derivatives by central differences, where there are none that are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.sources.source import Courses

Array = np.ndarray
_STEP = 1e-4


class Differenced:
    """A runner whose slopes are differences, of a ten-thousandth of each number."""

    def __init__(
        self, values: Callable[[Array], dict[str, Array]], numbers: Sequence[Number]
    ) -> None:
        self._values, self._numbers = values, numbers

    def run(self, values: Array, slopes: bool) -> Courses:
        """Return the courses, with slopes by differences that stay within the ranges."""
        middle = self._values(values)
        count = len(self._numbers) if slopes else 0
        found = {name: np.zeros((count, len(course))) for name, course in middle.items()}
        for k in range(count):
            number = self._numbers[k]
            size = max(abs(values[k]), 1e-3 * (number.high - number.low))
            above, below = values.copy(), values.copy()
            above[k] = min(values[k] + _STEP * size, number.high)
            below[k] = max(values[k] - _STEP * size, number.low)
            up, down = self._values(above), self._values(below)
            for name in middle:
                found[name][k] = (up[name] - down[name]) / (above[k] - below[k])
        return Courses(values=middle, slopes=found)

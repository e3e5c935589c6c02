"""What a file of vessels gives, before its unit is known: points, lines, and values at either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Segments between two of `points` (points, 3): `pairs` (segments, 2) of their numbers.

    `of_line` (segments,) is the line of the file that each is of. Values are by name, at points
    (points,) or for lines (lines,). `unit` is that of lengths where the file states it, and
    `lines` how many there are.
    """

    points: Floats
    pairs: Numbers
    of_line: Numbers
    lines: int
    unit: str | None = None
    at_points: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    of_lines: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    kind: str = ""

    def values(self, name: str) -> Floats:
        """Return the values named so, (segments, 2): at the start and at the end."""
        if name in self.at_points:
            return np.asarray(self.at_points[name], dtype=float)[self.pairs]
        one = np.asarray(self.of_lines[name], dtype=float)[self.of_line]
        return np.stack([one, one], axis=1)

    @property
    def names(self) -> list[str]:
        """The names of all values, one number each."""
        return [*self.at_points, *(n for n in self.of_lines if n not in self.at_points)]


def pairs_of(connectivity: Numbers, offsets: Numbers) -> tuple[Numbers, Numbers]:
    """Return the pairs of points next to one another along polylines, and the line of each.

    Line n has the points ``connectivity[offsets[n]:offsets[n + 1]]``.
    """
    inner = np.ones(max(connectivity.size - 1, 0), dtype=bool)
    ends = offsets[1:-1]
    inner[ends[(ends > 0) & (ends < connectivity.size)] - 1] = False
    pairs = np.stack([connectivity[:-1], connectivity[1:]], axis=1)[inner]
    line = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))
    return pairs, line[:-1][inner] if line.size else line

"""What publications say of bodies and trafficking, against this package: rows to check."""

from __future__ import annotations

from typing import Literal, NamedTuple

# What kind of number a row expects. published: printed in the publication; derived: arithmetic on
# numbers that publications print; recomputed: an independent solution of its equations; set: put
# in, so that it must come out; fitted: what a number was fitted to; misfit: what the model is
# known to give where a measurement says something else.
Standing = Literal["published", "derived", "recomputed", "set", "fitted", "misfit"]


class PublishedRow(NamedTuple):
    """One number against one expected: |measured - expected| <= tolerance, in `unit`.

    `reference` is the publication that it rests on, `standing` how.
    """

    name: str
    measured: float
    expected: float
    tolerance: float
    unit: str
    reference: str
    standing: Standing
    note: str

    @property
    def holds(self) -> bool:
        """Whether the two agree within the tolerance."""
        return abs(self.measured - self.expected) <= self.tolerance

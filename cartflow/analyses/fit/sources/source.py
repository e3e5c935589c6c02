"""What is fitted: something that is run at values of its numbers, and what it gives over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.parameters import Parameter

Array = np.ndarray
NOWHERE = "-"  # where doses of a table go that are left out


@dataclass(frozen=True, kw_only=True, eq=False)
class Courses:
    """Simulated quantities by name: `values` (times,), `slopes` (numbers, times)."""

    values: Mapping[str, Array]
    slopes: Mapping[str, Array]


class Runner(Protocol):
    """One subject's run, at its own settings and times."""

    def run(self, values: Array, slopes: bool) -> Courses:
        """Return its courses at its times for `values` of the numbers. Raises `StepFailed`."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A number that may vary: its `unit`, value, published range, if any, and where it is from.

    `origin` is its standing and its source.
    """

    unit: str
    value: float
    bounds: tuple[float, float] | None
    origin: str = ""


def origin_of(number: Parameter) -> str:
    """Return how well a number is known, and the source that says so."""
    return ", ".join(dict.fromkeys([number.standing, number.source]))


class Source(Protocol):
    """A model or study that data are held against."""

    @property
    def name(self) -> str:
        """Return what it is called."""

    @property
    def units(self) -> dict[str, str]:
        """Return the internal unit of every quantity that an observable may name, by name."""

    def stated(self, key: str, unit: str) -> Stated | None:
        """Return what is known of the number `key`, in `unit` if that is not empty."""

    def keys(self) -> list[str]:
        """Return the keys that may vary."""

    @property
    def texts(self) -> frozenset[str]:
        """Return the keys beside numbers that a column of the table may set for a subject."""

    @property
    def profiles(self) -> frozenset[str]:
        """Return those of the quantities that have a value at each depth."""

    def runner(
        self,
        settings: Mapping[str, Any],
        numbers: Sequence[Number],
        times: Array,
        depths: Array | None = None,
    ) -> Runner:
        """Return the run of a subject with `settings`, for values of `numbers`, at `times`.

        `depths` (mm) are those of `profiles` at each of the rising times, nan for what has none.
        """

    def dosed(self, data: Measurements, subject: str, into: str | None) -> Source:
        """Return it with the doses of the table in place of its own, if the table has any.

        They are left out, and its own stay, where `into` is `NOWHERE`.
        """

    def identity(self) -> dict[str, str]:
        """Return what is kept so that the fit can be repeated."""

"""Clones of a product: how their shares change, how many there are in effect, who dominates when.

A clone i has n_i cells in the bag and grows at r_i. Whatever slows all clones alike (a shared
capacity, a common death, less antigen) leaves shares alone: n_i exp(r_i t) / sum_j n_j exp(r_j t).
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

from cartflow.closed_forms.quantities import CELLS, DAYS, NOT_NEGATIVE, Bounds
from cartflow.core.outcome import InputError

Array = np.ndarray

_RATE = Bounds("1/day")
_MOST = 1_000_000
_COLUMNS = ["barcode", "cells", "rate"]
_PART = Bounds(least=0.0, most=1.0, open=True)
_FOREVER = 1e9  # days


@dataclass(frozen=True, kw_only=True, eq=False)
class Clones:
    """Clones by `barcodes`: `cells` of each in the bag, net growth `rates` (1/day or text).

    Raises `InputError` for lengths that differ, a barcode twice, or numbers out of their bounds.
    """

    barcodes: tuple[str, ...]
    cells: Array
    rates: Array

    def __post_init__(self) -> None:
        """Read the numbers and check them."""
        names = tuple(map(str, self.barcodes))
        cells = np.array([CELLS.read(n, f"cells of {b}") for b, n in _pairs(names, self.cells)])
        rates = np.array([_RATE.read(r, f"rate of {b}") for b, r in _pairs(names, self.rates)])
        if not names:
            raise InputError("clones: got none; give one at least")
        if len(set(names)) < len(names):
            twice = next(b for n, b in enumerate(names) if b in names[:n])
            msg = f"barcodes: '{twice}' stands twice"
            raise InputError(msg)
        for field, value in (("barcodes", names), ("cells", cells), ("rates", rates)):
            object.__setattr__(self, field, value)

    @classmethod
    def from_table(cls, path: str | Path) -> Clones:
        """Return the clones of a CSV file with the columns barcode, cells, rate (1/day).

        Raises `InputError` naming file, line and column.
        """
        rows = _rows(Path(path))
        try:
            barcodes, cells, rates = zip(*rows, strict=True) if rows else ((), (), ())
            return cls(barcodes=barcodes, cells=np.array(cells), rates=np.array(rates))
        except InputError as error:
            msg = f"{path}: {error}"
            raise InputError(msg) from None

    def shares(self, day: float | str) -> Array:
        """Return each clone's share of all cells on a day."""
        return self._shares(DAYS.read(day, "day"))

    def effective_number(self, day: float | str, order: float = 1.0) -> float:
        """Return how many clones of equal share would be as diverse, the Hill number of `order`.

        0: clones, 1: exp of Shannon's entropy, 2: one over Simpson's sum of squares.
        """
        q = NOT_NEGATIVE.read(order, "order")
        shares = self.shares(day)
        shares = shares[shares > 0]
        if q == 1.0:
            return float(np.exp(-np.sum(shares * np.log(shares))))
        return float(np.sum(shares**q) ** (1.0 / (1.0 - q)))

    def largest(self, day: float | str) -> tuple[str, float]:
        """Return the barcode of the largest clone on a day, and its share."""
        shares = self.shares(day)
        place = int(shares.argmax())
        return self.barcodes[place], float(shares[place])

    def dominance(self, share: float = 0.5) -> tuple[str, float] | None:
        """Return the first clone that comes to hold `share` of all cells, and the day; or None.

        The logarithm of a share is concave in time, so each clone rises once, until the mean rate
        has passed its own. Of two clones: (ln(n_1/n_2) + ln(s/(1 - s))) / (r_2 - r_1).
        """
        part = _PART.read(share, "share")
        days = [self._reaches(place, part) for place in range(len(self.barcodes))]
        place = int(np.argmin(days))
        return None if math.isinf(days[place]) else (self.barcodes[place], days[place])

    def in_words(self) -> str:
        """Return the answer as one sentence."""
        first, share = self.largest(0.0)
        start = (
            f"{len(self.barcodes)} clones count as {self.effective_number(0.0):.3g} in the bag "
            f"(inverse Simpson {self.effective_number(0.0, 2.0):.3g}), the largest is {first} with "
            f"{100 * share:.3g} %;"
        )
        found = self.dominance()
        if found is None:
            return f"{start} none comes to hold half of all cells."
        name, day = found
        when = "from the start" if day == 0 else f"from day {day:.3g}"
        return f"{start} {name} holds half of all cells {when}."

    def _shares(self, day: float) -> Array:
        logs = np.log(self.cells) + self.rates * day
        weights = np.exp(logs - logs.max())
        return np.asarray(weights / weights.sum())

    def _reaches(self, place: int, share: float) -> float:
        """Return the day on which a clone reaches a share, infinite if it never does."""
        if self._shares(0.0)[place] >= share:
            return 0.0
        rate = self.rates[place]

        def above(day: float) -> float:
            return float(self._shares(day)[place]) - share

        def slower(day: float) -> float:
            return float(self._shares(day) @ self.rates) - rate

        if slower(0.0) >= 0:
            return math.inf
        end = 1.0
        while above(end) < 0 and slower(end) < 0 and end < _FOREVER:
            end *= 2.0
        if above(end) < 0:  # past its best, or tied with others for ever
            end = brentq(slower, 0.0, end) if slower(end) > 0 else end
        return float(brentq(above, 0.0, end, xtol=1e-12)) if above(end) > 0 else math.inf


def _pairs(names: tuple[str, ...], values: Array) -> zip[tuple[str, object]]:
    # Plain numbers, as messages quote them.
    given = np.asarray(values).tolist()
    if len(given) != len(names):
        msg = f"clones: got {len(given)} numbers for {len(names)} barcodes"
        raise InputError(msg)
    return zip(names, given, strict=True)


def _rows(path: Path) -> list[tuple[str, float, float]]:
    from cartflow.core.tables import read_text

    lines = list(csv.reader(read_text(path).splitlines()))
    if not lines or [name.strip() for name in lines[0]] != _COLUMNS:
        msg = f"{path}: the first line must be {','.join(_COLUMNS)}"
        raise InputError(msg)
    found = []
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        try:
            barcode, cells, rate = (part.strip() for part in line)
            found.append((barcode, float(cells), float(rate)))
        except ValueError:
            msg = f"{path}: line {number}: got {','.join(line)!r}; wanted a barcode and two numbers"
            raise InputError(msg) from None
    if len(found) > _MOST:
        msg = f"{path}: {len(found)} clones; at most {_MOST}"
        raise InputError(msg)
    return found

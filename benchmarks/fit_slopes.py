"""What exact slopes of a study save a fit beside differences, and the most they could.

``python -m benchmarks.fit_slopes`` fits the front in a ball of `fit_front.toml` with exact slopes
and with central differences, and times one run with either, of more and more numbers. Of p numbers
differences take 2 p + 1 plain runs, and no slopes come without the plain run itself: they cannot
be more than 2 p + 1 times as fast. Times are of the processor, the least of several.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.fit_cases import CASES
from benchmarks.fit_coverage import fitted_of, simulated
from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.sources.source import Runner

CASE = "front_in_a_ball"
KEYS = (
    *CASES[CASE].keys,
    "kinetics.growth_rate",
    "kinetics.half_saturation",
    "kinetics.death_rate",
    "kinetics.carrying_capacity",
    "fields.tumour.initial",
    "doses.0.cells",
    "body.cardiac_output",
    "body.blood_volume",
    "trafficking.lung.transmigration_rate",
    "trafficking.lung.elimination_rate",
    "trafficking.tumour.transmigration_rate",
    "trafficking.tumour.blood_flow",
    "tumour.plasma_flow",
)


class Row(NamedTuple):
    """Seconds of a run of some numbers: alone, with exact slopes, with differences."""

    numbers: int
    plain: float
    exact: float
    differences: float

    def __str__(self) -> str:
        gained, most = self.differences / self.exact, 2 * self.numbers + 1
        return (
            f"{self.numbers:7}{1e3 * self.plain:10.1f}{1e3 * self.exact:10.1f}"
            f"{1e3 * self.differences:13.1f}{self.exact / self.plain:12.2f}{gained:9.2f}{most:7}"
        )


HEAD = (
    f"{'numbers':>7}{'plain, ms':>10}{'exact, ms':>10}{'differences':>13}{'exact/plain':>12}"
    f"{'gained':>9}{'most':>7}"
)


def least(function: Callable[[], object], times: int = 7) -> float:
    """Return the least processor time of several calls, after one that is not counted."""
    function()
    found = []
    for _ in range(times):
        begun = time.process_time()
        function()
        found.append(time.process_time() - begun)
    return min(found)


def row(numbers: int, cells: int) -> Row:
    """Return the times of runs on `cells` in which the first `numbers` of the keys vary."""
    case, runners = CASES[CASE], dict[bool, Runner]()
    values = np.zeros(numbers)
    for exact in (True, False):
        source = source_of(case.path(CASE), None, {"geometry.cells": cells}, exact)
        told = [source.stated(key, "") for key in KEYS[:numbers]]
        varied = [
            Number(key=key, unit=one.unit, low=0.1 * one.value, high=10.0 * one.value)
            for key, one in zip(KEYS, told, strict=False)
            if one is not None
        ]
        values[:] = [10.0 * number.low for number in varied]
        runners[exact] = source.runner({}, varied, case.times, np.full(len(case.times), np.nan))
    return Row(
        numbers=numbers,
        plain=least(lambda: runners[True].run(values, False)),
        exact=least(lambda: runners[True].run(values, True)),
        differences=least(lambda: runners[False].run(values, True), 3),
    )


def seconds_of_fit(number: int, exact: bool) -> float:
    """Return the processor time of a fit of a set of data, two searches and the curvature."""
    problem, _ = simulated(CASE, number, exact=exact)
    begun = time.process_time()
    fitted_of(problem, number)
    return time.process_time() - begun


def main() -> None:
    """Print the table, then whole fits."""
    with np.errstate(all="ignore"):
        for cells in (24, 192):
            print(f"{cells} mesh cells\n{HEAD}")
            for numbers in (1, 3, 6, 9, 16):
                print(row(numbers, cells), flush=True)
        seconds_of_fit(0, True)
        for number in (1, 2, 3):
            one, other = (seconds_of_fit(number, exact) for exact in (True, False))
            print(
                f"fit {number}: exact {one:.2f} s, differences {other:.2f} s: {other / one:.2f} x"
            )


if __name__ == "__main__":
    main()

"""How often estimates and intervals of fits hold the truth, over simulated data.

``python -m benchmarks.fit_coverage run ROWS`` adds the fits that the file ROWS lacks, a line of
JSON each, and so goes on where it was ended; ``... table ROWS`` prints what they come to, and
``... drawn ROWS`` what of it is the luck of the draw.

Each set of data is one subject of a model or study whose values scatter by 10 % about the truth
(log-normal; the fit is told so, or with ``--estimated`` estimates it). Searches begin at the truth
and at one other place. A number is *near* if it lies within two standard errors of the truth, and
*held* if the profile has not risen there as far as where `fit` ends its 90 % interval.

Few sets of data hold the truth more or less often than many would. A model that were straight in
its numbers would with the very same draws have its estimate z standard errors off, z being
standard normal and known: the share that this straight model holds less the 90 % (95.45 % near)
that it would hold of many is luck, which `drawn` takes off (a control variate, unbiased).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from benchmarks.fit_cases import CASES, Case
from benchmarks.lines import add, read
from cartflow.analyses.fit.build import problem_of
from cartflow.analyses.fit.curvature import Curvature, curvature
from cartflow.analyses.fit.freedom import small_samples
from cartflow.analyses.fit.known import known
from cartflow.analyses.fit.optimise import Found, search, searched
from cartflow.analyses.fit.parameters import read_vary
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.run import choices_of
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.table.read import read_measurements

SPREAD, AROUND, YEAR = 0.1, 10.0, 2026
NEAR, HELD = float(special.erf(2.0 / np.sqrt(2.0))), 0.9
_RISE_90 = 2.705543454095404  # of chi-squared, of rows that do not say


class Simulated(NamedTuple):
    """A case's problem for one set of data, and the true logarithms of its numbers."""

    problem: Problem
    truth: np.ndarray


def simulated(name: str, number: int, estimated: bool = False, exact: bool = True) -> Simulated:
    """Return set `number` of the case `name`; each has a seed of its own."""
    case = CASES[name]
    place = list(CASES).index(name)
    source = source_of(case.path(name), case.scenario, {}, exact)
    told = {key: source.stated(key, "") for key in case.keys}
    known_numbers = {key: one for key, one in told.items() if one is not None}
    data = read_measurements(_columns(case, source, [YEAR, place, number]), None)
    ranges = [
        f"{key}=[{p.value / AROUND!r}, {p.value * AROUND!r}] {p.unit}"
        for key, p in known_numbers.items()
    ]
    error = "lognormal" if estimated else f"lognormal {SPREAD}"
    choices = choices_of(errors=dict.fromkeys(case.seen, error))
    problem = problem_of(data, source, read_vary(ranges), choices)
    return Simulated(problem, np.log([p.value for p in known_numbers.values()]))


def _columns(case: Case, source: Source, seed: Sequence[int]) -> dict[str, list[Any]]:
    random = np.random.default_rng(seed)
    found: dict[str, list[Any]] = {
        key: [] for key in ("subject", "time", "time_unit", "observable", "value", "unit")
    }
    courses = source.runner({}, [], case.times).run(np.zeros(0), False).values
    for each in case.seen:
        scatter = np.exp(SPREAD * random.standard_normal(len(case.times)))
        for day, value in zip(case.times, courses[each] * scatter, strict=True):
            row = ("one", float(day), "day", each, float(value), source.units[each])
            for column, cell in zip(found.values(), row, strict=True):
                column.append(cell)
    return found


def one_fit(name: str, number: int, estimated: bool = False) -> dict[str, Any]:
    """Return the row of one fit: how far from the truth, in standard errors, and rises there."""
    problem, truth = simulated(name, number, estimated)
    begun = time.process_time()
    best, curved = fitted_of(problem, number)
    seconds = time.process_time() - begun
    sample = small_samples(problem, best, curved.free)
    curved = sample.widened(curved)
    wide = np.sqrt(np.diag(curved.covariance)[: len(truth)])
    return {
        "case": name,
        "set": number,
        "estimated": estimated,
        "away": ((best.inner[: len(truth)] - truth) / wide).tolist(),
        "rise": [_rise(problem, best, truth, k) for k in range(len(truth))],
        "wanted": sample.rises(HELD)[: len(truth)].tolist(),
        "converged": best.converged,
        "seconds": seconds,
    }


def fitted_of(problem: Problem, seed: int) -> tuple[Found, Curvature]:
    """Return the better of two searches, and the curvature there."""
    best = min(searched(problem, 2, seed, 1), key=lambda found: found.at.loss)
    return best, curvature(problem, best, known(problem, best))


def _rise(problem: Problem, best: Found, truth: np.ndarray, k: int) -> float:
    """Return how far the profile has risen where number `k` is true."""
    starts = [best.inner.copy(), best.inner.copy()]
    starts[0][k] = truth[k]
    starts[1][: len(truth)] = truth
    losses = [search(problem, start, held=(k,)).at.loss for start in starts]
    return 2.0 * (min(losses) - best.at.loss)


def run(rows: Path, sets: int, names: Sequence[str], estimated: bool) -> None:
    """Add the rows that the file lacks, a set of all cases after the other."""
    done = {(row["case"], row["set"]) for row in read(rows)}
    for number in range(sets):
        for name in names:
            if (name, number) not in done and number < CASES[name].most:
                with np.errstate(all="ignore"):
                    row = one_fit(name, number, estimated)
                add(rows, row)


def held(row: dict[str, Any]) -> np.ndarray:
    """Return which numbers of a fit lie in their 90 % intervals."""
    return np.array(row["rise"]) <= np.array(row.get("wanted", _RISE_90))


def near(row: dict[str, Any]) -> np.ndarray:
    """Return which numbers of a fit lie within two standard errors of the truth."""
    return np.abs(row["away"]) <= 2.0


def straight(name: str, number: int) -> np.ndarray:
    """Return how many standard errors off a straight model would be with the draws of a set."""
    problem, truth = simulated(name, number)
    at = problem.evaluate(truth)
    covariance = np.linalg.inv(at.rows.T @ at.rows)
    return np.asarray(-(covariance @ at.gradient) / np.sqrt(np.diag(covariance)))


class Share(NamedTuple):
    """A share of trials, with its standard deviation, for `sets` of which numbers go together."""

    share: float
    sd: float


def share(found: np.ndarray, sets: np.ndarray) -> Share:
    """Return the share that is true; numbers of one set of data are not independent trials."""
    mean = float(found.mean())
    sums = np.bincount(sets, weights=found - mean)
    return Share(mean, float(np.sqrt((sums**2).sum()) / len(found)))


def lines_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the table: each number of each case, then all of them together."""
    lines = [f"{'case':22}{'number':30}{'sets':>5}{'near, %':>9}{'held, %':>9}{'s a fit':>9}"]
    nears, helds, sets = [], [], []
    for name, case in CASES.items():
        own = [row for row in rows if row["case"] == name]
        if not own:
            continue
        close, kept = (np.array([of(row) for row in own]) for of in (near, held))
        seconds = float(np.median([row["seconds"] for row in own]))
        for k, key in enumerate(case.keys):
            one, two = close[:, k], kept[:, k]
            lines.append(
                f"{name:22}{key:30}{len(own):5}{100 * one.mean():9.1f}{100 * two.mean():9.1f}"
                f"{seconds:9.2f}"
            )
            nears.append(one)
            helds.append(two)
            sets.append(
                np.array([row["set"] for row in own]) * len(CASES) + list(CASES).index(name)
            )
    for what, found in (("near", nears), ("held", helds)):
        told = share(np.concatenate(found).astype(float), np.concatenate(sets))
        lines.append(f"{what}: {100 * told.share:.2f} +- {100 * told.sd:.2f} % of all")
    return lines


def drawn_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return of each number what was found, what a straight model holds, and what luck leaves."""
    lines = [
        f"{'case':22}{'number':30}{'sets':>5}  {'found':>11}{'straight':>10}{'without luck':>20}"
    ]
    for name, case in CASES.items():
        own = [row for row in rows if row["case"] == name and not row["estimated"]]
        if not own:
            continue
        off = np.abs([straight(name, row["set"]) for row in own])
        for what, of, wide, exact in (
            ("near", near, 2.0, NEAR),
            ("held", held, np.sqrt(_RISE_90), HELD),
        ):
            found = np.array([of(row) for row in own], dtype=float)
            luck = (off <= wide).astype(float)
            for k, key in enumerate(case.keys):
                told = _without_luck(found[:, [k]], luck[:, [k]], exact)
                lines.append(f"{name:22}{key[-29:]:30}{len(own):5}  {what} {told}")
            lines.append(
                f"{name:22}{'all':30}{len(own):5}  {what} {_without_luck(found, luck, exact)}"
            )
    return lines


def _without_luck(found: np.ndarray, luck: np.ndarray, exact: float) -> str:
    """Return shares (sets, numbers) of a fit, of a straight model, and the first less its luck."""
    sets = np.repeat(np.arange(len(found)), found.shape[1])
    left = share((found - luck).ravel(), sets)
    return (
        f"{100 * found.mean():6.1f}{100 * luck.mean():10.1f}"
        f"{100 * (exact + left.share):10.1f} +- {100 * left.sd:.1f} %"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "table", "drawn"))
    parser.add_argument("rows", type=Path)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--case", action="append", choices=tuple(CASES), default=[])
    parser.add_argument("--estimated", action="store_true", help="the size of errors too")
    options = parser.parse_args()
    if options.what == "run":
        run(options.rows, options.sets, options.case or list(CASES), options.estimated)
    of = drawn_lines if options.what == "drawn" else lines_of
    print("\n".join(of(list(read(options.rows)))))


if __name__ == "__main__":
    main()

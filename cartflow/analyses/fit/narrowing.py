"""Which next value would narrow a number most: one more of what was measured, at another time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from scipy import linalg

from cartflow.analyses.fit.bands import Course
from cartflow.analyses.fit.curvature import Curvature, across_open, inverse
from cartflow.analyses.fit.known import Known
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.scaling import solved, taken_up
from cartflow.analyses.fit.scatter import Data
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal

Array = np.ndarray
_FORM = "until 60 days"
_DIMS = ("parameter", "curve", "curve_point")
_TEXT = "standard error of the parameter with one more value here, over that without it"
_OPENED = "standard error, in parameter_unit, of what one more value here makes known"
# Of how large the rows of a value can be, beyond which they show a direction that was open.
_SHOWN = 1e-5


def until_of(next_value: bool | str) -> float:
    """Return how far (days) the next value is looked for: ``until 60 days``, or as far as data go.

    Raises `InputError`.
    """
    if isinstance(next_value, bool):
        return 0.0
    word, _, time = arguments.text(next_value, "--next").partition(" ")
    try:
        days = to_internal(time, "day") if word == "until" else 0.0
    except InputError as error:
        msg = f"--next: {error}; write such as '{_FORM}'"
        raise InputError(msg) from None
    if not 0.0 < days < np.inf:
        msg = f"--next: got '{next_value[:40]}'; write such as '{_FORM}'"
        raise InputError(msg)
    return days


def narrowing(
    problem: Problem,
    best: Found,
    curved: Curvature,
    what: Known,
    curves: Sequence[Course],
    widening: Array,
) -> Mapping[str, xr.Variable]:
    """Return what one more value of each curve, at each of its times, says of each number.

    The information H becomes H + R'R, with the information R'R that is expected of a value at the
    estimates (Fisher's): by how much it narrows what is known, and how sure it makes what is not.
    A scale or offset that is solved for is a further number, of which a value tells, too. Numbers
    at a bound count as given. By `widening` estimated errors are too small; ratios are as they are.
    """
    free = curved.free
    most = max(len(each.plain) for each in curves)
    shape = len(free), len(curves), most
    ratios, opened = np.full(shape, np.nan), np.full(shape, np.nan)
    values = problem.values(best.inner)
    runs = [each.runner.run(values[list(each.takes)], True) for each in problem.subjects]
    known_of = {
        each: taken_up(each, *problem.observed(each, runs, values, True), values)
        for each in dict.fromkeys(course.measured for course in curves)
    }
    wide = curved.covariance.diagonal()[free]
    before = _Before(curved.hessian[np.ix_(free, free)], what.open[:, free])
    for place, course in enumerate(curves):
        part, own = known_of[course.measured]
        rows = _expected(problem, best, course, part)
        rows = np.concatenate(
            [rows[:, :, : len(free)][:, :, free], rows[:, :, len(free) :]], axis=2
        )
        after = before.after(rows, own)
        ratios[free, place, : len(course.plain)] = np.sqrt(after / wide[:, None])
        new = np.where(np.isnan(wide)[:, None], np.sqrt(after), np.nan)
        opened[free, place, : len(course.plain)] = (
            new * (problem.stretch(values) * widening)[free, None]
        )
    found = {"curve_narrowing": xr.Variable(_DIMS, ratios, {"long_name": _TEXT})}
    if np.isnan(wide).any():
        found["curve_opened"] = xr.Variable(_DIMS, opened, {"long_name": _OPENED})
    return found


class _Before:
    """What is known before a value: the information of what is known alone, and what is open."""

    def __init__(self, hessian: Array, open_: Array) -> None:
        size, _, known = across_open(hessian, open_)
        self._information = known * np.outer(size, size)
        self._open = open_

    def after(self, rows: Array, own: Array) -> Array:
        """Return variances (number, time) with the rows (time, row, number) of a value.

        The last numbers of rows are scale and offset, of which `own` is known. It is nan for
        numbers that stay open.
        """
        count = len(self._information)
        whole = linalg.block_diag(self._information, own)
        still = np.concatenate([self._open, np.zeros((len(self._open), len(own)))], axis=1)
        large = np.sqrt((rows**2).sum(axis=(0, 1)))
        found = np.full((count, len(rows)), np.nan)
        for k, row in enumerate(rows):
            if np.isfinite(row).all():
                left = _left(still, row, large)
                found[:, k] = inverse(whole + row.T @ row, left)[0].diagonal()[:count]
        return np.where(found > 0, found, np.nan)


def _left(open_: Array, row: Array, large: Array) -> Array:
    """Return the directions that a value's rows leave open; `large` is how large they can be."""
    if not len(open_):
        return open_
    sized = open_ / np.maximum(np.abs(open_) @ large, 1e-300)[:, None]
    _, seen, turned = np.linalg.svd(row @ sized.T)
    shown = np.zeros(len(open_))
    shown[: len(seen)] = seen
    return np.asarray(turned[shown <= _SHOWN] @ sized)


def _expected(problem: Problem, best: Found, course: Course, part: Array) -> Array:
    """Return rows (time, row, parameter) with the information of a value as ``rows.T @ rows``.

    Scale and offset that are solved for stand last, apart from the `part` of them that follows the
    parameters.
    """
    each, values = course.measured, problem.values(best.inner)
    scale, offset = best.at.linear[each.observable.name]
    middle, moves = scale * course.plain + offset, scale * course.moves
    nothing, stretch = np.full(len(middle), np.nan), problem.stretch(values)
    sd = np.nanmean(each.data.sd) if np.isfinite(each.data.sd).any() else np.nan
    data = Data(middle, np.full(len(middle), sd), nothing, np.zeros(len(middle), dtype=bool))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = each.error.scatter(data, middle, each.numbers(values)).rows
    fitted = solved(each, course.plain)
    moves = moves - (fitted.T @ (part * stretch)).T
    rows = found[:, 0, :, None] * np.concatenate([moves, fitted]).T
    # What counts say of their own size has no closed form, and is left out.
    estimated = [k for k, v in enumerate(each.error.numbers.values()) if v is None]
    if each.error.kind != "negative_binomial":
        for parameter, number in zip(each.errors, estimated, strict=True):
            rows[:, :, parameter] += stretch[parameter] * found[:, 1 + number]
    return np.moveaxis(rows, 0, 1)

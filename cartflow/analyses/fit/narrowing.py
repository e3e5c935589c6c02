"""Which next value would narrow a number most: one more of what was measured, at another time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from cartflow.analyses.fit.bands import Course
from cartflow.analyses.fit.curvature import Curvature
from cartflow.analyses.fit.known import Known
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.scatter import Data
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.units import to_internal

Array = np.ndarray
_FORM = "until 60 days"
_DIMS = ("parameter", "curve", "curve_point")
_TEXT = "standard error of the parameter with one more value here, over that without it"


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
    problem: Problem, best: Found, curved: Curvature, what: Known, curves: Sequence[Course]
) -> Mapping[str, xr.Variable]:
    """Return by how much one more value of each curve, at each of its times, narrows each number.

    The covariance C becomes (C^-1 + R'R)^-1, with the information R'R that is expected of a value
    at the estimates (Fisher's). Numbers at a bound count as given. It is nan where directions are
    open, and for observables whose scale or offset is solved for: a value tells of these, too.
    """
    free = curved.free
    most = max(len(each.plain) for each in curves)
    ratios = np.full((len(free), len(curves), most), np.nan)
    for place, (each, _, _, _, plain, moves) in enumerate(curves):
        linear = each.observable.scaled or each.observable.shifted
        if not (linear or len(what.directions)):
            rows = _expected(problem, best, each, plain, moves)[:, :, free]
            ratios[free, place, : len(plain)] = _narrowed(
                curved.covariance[np.ix_(free, free)], rows
            )
    return {"curve_narrowing": xr.Variable(_DIMS, ratios, {"long_name": _TEXT})}


def _expected(problem: Problem, best: Found, each: Measured, middle: Array, moves: Array) -> Array:
    """Return rows (time, row, parameter) with the information of a value as ``rows.T @ rows``."""
    nothing = np.full(len(middle), np.nan)
    sd = np.nanmean(each.data.sd) if np.isfinite(each.data.sd).any() else np.nan
    data = Data(middle, np.full(len(middle), sd), nothing, np.zeros(len(middle), dtype=bool))
    values = problem.values(best.inner)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = each.error.scatter(data, middle, each.numbers(values)).rows
    rows = found[:, 0, :, None] * moves.T
    # What counts say of their own size has no closed form, and is left out.
    estimated = [k for k, v in enumerate(each.error.numbers.values()) if v is None]
    stretch = problem.stretch(values)
    if each.error.kind != "negative_binomial":
        for parameter, number in zip(each.errors, estimated, strict=True):
            rows[:, :, parameter] += stretch[parameter] * found[:, 1 + number]
    return np.moveaxis(rows, 0, 1)


def _narrowed(covariance: Array, rows: Array) -> Array:
    """Return the ratios (parameter, time) of standard errors with rows (time, row, parameter)."""
    moved = rows @ covariance
    inner = np.eye(rows.shape[1]) + moved @ np.swapaxes(rows, 1, 2)
    taken = np.einsum("trp,trp->pt", moved, np.linalg.solve(inner, moved))
    left = 1.0 - taken / np.diag(covariance)[:, None]
    return np.asarray(np.sqrt(np.maximum(left, 0.0)))

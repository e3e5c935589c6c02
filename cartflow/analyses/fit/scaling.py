"""Scales and offsets that are solved for in closed form, and what the data then say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.analyses.fit.errors import WITH_SD
from cartflow.analyses.fit.measured import Measured
from cartflow.core.outcome import InputError

Array = np.ndarray


class Scaled(NamedTuple):
    """The loss of an observable with its best scale and offset, and its derivatives."""

    loss: float
    gradient: Array
    rows: Array
    predicted: Array
    tangents: Array
    linear: tuple[float, float]


def require_linear(each: Measured) -> None:
    """Raise `InputError` where scale or offset cannot be solved for in closed form."""
    observable, error = each.observable, each.error
    if not (observable.scaled or observable.shifted):
        return
    allowed = ("normal", *WITH_SD) if observable.shifted else ("normal", *WITH_SD, "lognormal")
    where = f"observable '{observable.name}'"
    if error.kind not in allowed:
        msg = f"{where}: scale and offset are solved for with the errors {', '.join(allowed)}; "
        raise InputError(msg + "otherwise vary a number of its expression")
    if each.data.censored.any():
        msg = f"{where}: scale and offset are not solved for where values are below "
        raise InputError(msg + "quantification; vary a number of its expression")


def linear_part(each: Measured, plain: Array) -> tuple[float, float]:
    """Return the scale and the offset that bring predictions nearest to the data."""
    observable, data = each.observable, each.data
    if not (observable.scaled or observable.shifted):
        return 1.0, 0.0
    if each.error.kind == "lognormal":
        gap = np.mean(np.log(data.value) - np.log(np.maximum(plain, 1e-300)))
        return float(np.exp(gap)), 0.0
    weight = 1.0 / data.sd if each.error.kind in WITH_SD else np.ones(len(plain))
    if not observable.scaled:
        return 1.0, float(np.average(data.value - plain, weights=weight**2))
    columns = [plain * weight] + ([weight] if observable.shifted else [])
    found = np.linalg.lstsq(np.array(columns).T, data.value * weight, rcond=None)[0]
    return float(found[0]), float(found[1]) if observable.shifted else 0.0


def scaled(each: Measured, plain: Array, moves: Array, values: Array) -> Scaled:
    """Return what an observable's data say of `plain` predictions with derivatives `moves`.

    Slopes are those with the scale and offset always at their best; so is the information, from
    which their share is taken out.
    """
    scale, offset = linear_part(each, plain)
    predicted = scale * plain + offset
    tangents = scale * moves
    found = each.error.scatter(each.data, predicted, each.numbers(values))
    places = [k for k, v in enumerate(each.error.numbers.values()) if v is None]
    gradient = tangents @ found.slopes[0]
    rows = found.rows[:, 0, :, None] * tangents.T
    for parameter, number in zip(each.errors, places, strict=True):
        gradient[parameter] += found.slopes[1 + number].sum()
        rows[..., parameter] += found.rows[:, 1 + number]
    rows = rows.reshape(-1, len(values))
    fitted = solved(each, plain)
    if fitted.size:
        basis = _basis(found.rows[:, 0], fitted)
        part = np.linalg.lstsq(basis, rows, rcond=None)[0]
        rows, tangents = rows - basis @ part, tangents - (fitted.T @ part).T
    return Scaled(float(found.loss.sum()), gradient, rows, predicted, tangents, (scale, offset))


def solved(each: Measured, plain: Array) -> Array:
    """Return what the scale, and the offset, multiply, if they are solved for (solved, n)."""
    fitted = [plain] * each.observable.scaled + [np.ones(len(plain))] * each.observable.shifted
    return np.array(fitted).reshape(len(fitted), len(plain))


def _basis(weights: Array, fitted: Array) -> Array:
    return np.asarray((weights[:, :, None] * fitted.T).reshape(weights.size, len(fitted)))


def taken_up(each: Measured, plain: Array, moves: Array, values: Array) -> tuple[Array, Array]:
    """Return how scale and offset follow each value, and what data say of them.

    That is the regression of the rows' tangents (solved, parameters), and the information
    (solved, solved): ``scale + part @ values`` and the values are known apart from each other.
    """
    scale, offset = linear_part(each, plain)
    weights = each.error.scatter(each.data, scale * plain + offset, each.numbers(values)).rows[:, 0]
    basis = _basis(weights, solved(each, plain))
    rows = (weights[:, :, None] * (scale * moves).T).reshape(-1, len(values))
    return np.linalg.lstsq(basis, rows, rcond=None)[0], basis.T @ basis

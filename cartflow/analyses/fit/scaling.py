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
    fitted = [plain] * each.observable.scaled + [np.ones(len(plain))] * each.observable.shifted
    if fitted:
        rows, tangents = _without(found.rows[:, 0], fitted, rows, tangents)
    return Scaled(float(found.loss.sum()), gradient, rows, predicted, tangents, (scale, offset))


def _without(
    weights: Array, fitted: list[Array], rows: Array, tangents: Array
) -> tuple[Array, Array]:
    """Return rows and tangents without what scale and offset take up of them."""
    basis = (weights[:, :, None] * np.array(fitted).T).reshape(len(rows), -1)
    part = np.linalg.lstsq(basis, rows, rcond=None)[0]
    return rows - basis @ part, tangents - (np.array(fitted).T @ part).T

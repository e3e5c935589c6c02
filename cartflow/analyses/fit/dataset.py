"""A fit as one dataset: estimates, data with what is predicted, starts, profiles, curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import xarray as xr

from cartflow.analyses.fit.asked import Asked, attributes, numbers_of
from cartflow.analyses.fit.bands import Band
from cartflow.analyses.fit.curvature import Curvature
from cartflow.analyses.fit.known import Known
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.parameters import Parameter
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.profiles import Profile
from cartflow.core.dataset import label, variable, without_fill

Array = np.ndarray
_ONE = ("parameter",)


def fit_dataset(
    problem: Problem,
    ended: Sequence[Found],
    best: Found,
    curved: Curvature,
    walked: Sequence[Profile],
    what: Known,
    curves: Sequence[Band],
    asked: Asked,
) -> xr.Dataset:
    """Return the dataset of a fit; its attributes say what was asked for, its seed and versions."""
    parts = [
        estimates(problem, best, curved, walked, what),
        data_variables(problem, best),
        start_variables(problem, ended),
        profile_variables(problem, walked),
        curve_variables(curves, _BANDS),
    ]
    variables: dict[str, xr.Variable] = {}
    for part in parts:
        variables |= part
    dataset = xr.Dataset(variables).set_coords([n for n in _COORDINATES if n in variables])
    dataset.attrs = attributes(problem, best, what, asked)
    return without_fill(dataset)


_COORDINATES = ("parameter", "subject", "time", "observable", "curve_subject", "curve_observable")


def _plain(values: Any, text: str, dims: tuple[str, ...], **more: Any) -> xr.Variable:
    """Return a variable whose unit stands beside it, in a variable of its own."""
    return xr.Variable(dims, values, {"long_name": text, **more})


def estimates(
    problem: Problem, best: Found, curved: Curvature, walked: Sequence[Profile], what: Known
) -> dict[str, xr.Variable]:
    """Return what was estimated, how sure it is, and what is open."""
    parameters = problem.parameters
    values = problem.values(best.inner)
    stretch = problem.stretch(values)
    variance = np.diag(curved.covariance)
    inner_sd = np.sqrt(np.where(variance > 0, variance, np.nan))
    ends = {level: np.full((len(parameters), 2), np.nan) for level in ("90", "95")}
    for each in walked:
        for level, found in (("90", each.interval_90), ("95", each.interval_95)):
            ends[level][each.parameter] = [_outer(parameters[each.parameter], v) for v in found]
    return {
        "parameter": label(_ONE, [p.name for p in parameters], "parameter"),
        "parameter_unit": label(_ONE, [p.unit for p in parameters], "unit of the parameter"),
        "estimate": _plain(values, "estimate, in parameter_unit", _ONE),
        "standard_error": _plain(
            inner_sd * stretch,
            "standard error, in parameter_unit, with degrees of freedom",
            _ONE,
        ),
        "relative_error": _plain(
            np.where(_logged(parameters), inner_sd, np.nan),
            "standard error of the natural logarithm, where it was sought on that scale",
            _ONE,
        ),
        "covariance": _plain(
            curved.covariance,
            "covariance on the scale on which parameters were sought (natural logarithm or itself)",
            ("parameter", "other_parameter"),
        ),
        "logarithmic": _plain(
            _logged(parameters).astype(np.int8), "whether sought on a logarithmic scale", _ONE
        ),
        "lowest": _plain([p.low for p in parameters], "lower end of the range", _ONE),
        "highest": _plain([p.high for p in parameters], "upper end of the range", _ONE),
        "stated": _plain([p.stated for p in parameters], "value before the fit", _ONE),
        "at_bound": _plain((~curved.free).astype(np.int8), "whether at an end of its range", _ONE),
        "interval_90": _plain(ends["90"], "90 % interval by profile", ("parameter", "end")),
        "interval_95": _plain(ends["95"], "95 % interval by profile", ("parameter", "end")),
        **_wanted(problem, walked),
        "singular_value": _plain(
            what.singular, "singular values of the sensitivity matrix, columns of length 1", _ONE
        ),
        "open_direction": _plain(
            what.directions, "changes that nothing measured tells of", ("open", "parameter")
        ),
    }


def _wanted(problem: Problem, walked: Sequence[Profile]) -> dict[str, xr.Variable]:
    """Return how far profiles rise where intervals end, if there are any."""
    if not walked:
        return {}
    rises = np.full((len(problem.parameters), 2), np.nan)
    for each in walked:
        rises[each.parameter] = each.wanted
    return {
        f"rise_{level}": _plain(
            rises[:, place], f"rise of -2 ln L where the {level} % interval ends", _ONE
        )
        for place, level in enumerate(("90", "95"))
    }


def _logged(parameters: Sequence[Parameter]) -> Array:
    return np.array([p.logarithmic for p in parameters], dtype=bool)


def _outer(parameter: Parameter, inner: float) -> float:
    """Return a value itself from that on the inner scale; nan for an end that was not found."""
    if not np.isfinite(inner):
        return float("nan")
    return float(np.exp(inner)) if parameter.logarithmic else inner


def data_variables(problem: Problem, best: Found) -> dict[str, xr.Variable]:
    """Return the table, with what is predicted at the best values."""
    data = problem.measurements
    one = ("datum",)
    residual = np.full(data.size, np.nan)
    predicted = np.full(data.size, np.nan)
    for place, each in enumerate(problem.measured):
        here = best.at.predicted[each.entries]
        numbers = numbers_of(problem, best, place)
        residual[each.entries] = np.where(
            each.data.censored, np.nan, each.error.standardised(each.data, here, numbers)
        )
        # Back from the observable's unit into that of each row.
        predicted[each.entries] = here * _per_row(problem, place)
    return {
        "subject": label(one, list(data.subject), "subject"),
        "observable": label(one, list(data.observable), "observable"),
        "replicate": label(one, list(data.replicate), "replicate"),
        "unit": label(one, list(data.unit), "unit of the value"),
        "time": variable(one, data.time, "day", "time"),
        **_depths("depth", one, data.depth, "depth below the rim"),
        "value": _plain(data.value, "measured value, nan where below quantification", one),
        "sd": _plain(data.sd, "standard deviation of the value, as given", one),
        "lloq": _plain(data.lloq, "limit of quantification", one),
        "censored": _plain(data.censored.astype(np.int8), "below quantification", one),
        "predicted": _plain(predicted, "prediction at the estimates", one),
        "residual": _plain(residual, "standardised residual", one),
        "row": _plain(np.array(data.rows), "row of the table", one),
    }


def _depths(name: str, dims: tuple[str, ...], depths: Array, text: str) -> dict[str, xr.Variable]:
    """Return depths, if there are any."""
    return {name: variable(dims, depths, "mm", text)} if np.isfinite(depths).any() else {}


def _per_row(problem: Problem, place: int) -> Array:
    each, data = problem.measured[place], problem.measurements
    values, own = each.data, each.entries
    # The ratio of a row's own number to the same in the observable's unit.
    known = np.where(values.censored, values.lloq, values.value)
    given = np.where(values.censored, data.lloq[own], data.value[own])
    same = np.array([data.unit[k] == each.unit for k in own])
    with np.errstate(all="ignore"):
        ratio = np.where(same | (known == 0), 1.0, given / known)
    return ratio


def start_variables(problem: Problem, ended: Sequence[Found]) -> dict[str, xr.Variable]:
    """Return where searches ended."""
    one = ("start",)
    values = np.array([problem.values(found.inner) for found in ended])
    return {
        "start_estimate": _plain(values, "where each search ended", ("start", "parameter")),
        "start_loss": _plain([f.at.loss for f in ended], "-ln L (- ln prior) there", one),
        "start_converged": _plain(
            np.array([f.converged for f in ended], dtype=np.int8), "whether it converged", one
        ),
        "start_evaluations": _plain([f.evaluations for f in ended], "runs of the model", one),
    }


def profile_variables(problem: Problem, walked: Sequence[Profile]) -> dict[str, xr.Variable]:
    """Return profiles, if there are any."""
    if not walked:
        return {}
    size = max(len(each.inner) for each in walked)
    values = np.full((len(problem.parameters), size), np.nan)
    rises = values.copy()
    for each in walked:
        parameter = problem.parameters[each.parameter]
        values[each.parameter, : len(each.inner)] = [_outer(parameter, v) for v in each.inner]
        rises[each.parameter, : len(each.inner)] = each.rise
    dims = ("parameter", "profile_point")
    return {
        "profile_value": _plain(values, "value held, in parameter_unit", dims),
        "profile_rise": _plain(rises, "rise of -2 ln L above its least", dims),
    }


class Curved(Protocol):
    """An observable of a subject over time (days), with what is told of it as attributes."""

    @property
    def subject(self) -> str:
        """Whose it is."""

    @property
    def observable(self) -> str:
        """What was observed."""

    @property
    def times(self) -> Array:
        """Days."""

    @property
    def depths(self) -> Array:
        """Depths (mm), nan for what is of the whole."""


_BANDS = {
    "middle": ("middle", "prediction, in the observable's unit"),
    "low": ("low", "lower end of its 90 % band"),
    "high": ("high", "upper end of its 90 % band"),
    "new_low": ("new_low", "lower end of the 90 % band of new values"),
    "new_high": ("new_high", "upper end of the 90 % band of new values"),
}


def curve_variables(
    curves: Sequence[Curved], parts: Mapping[str, tuple[str, str]]
) -> dict[str, xr.Variable]:
    """Return curves over times of their own; `parts` are attributes and texts by ``curve_NAME``."""
    size = max(len(each.times) for each in curves)

    def padded(name: str) -> Array:
        found = np.full((len(curves), size), np.nan)
        for row, each in enumerate(curves):
            found[row, : len(each.times)] = getattr(each, name)
        return found

    one, dims = ("curve",), ("curve", "curve_point")
    return {
        "curve_subject": label(one, [c.subject for c in curves], "subject of the curve"),
        "curve_observable": label(one, [c.observable for c in curves], "observable of the curve"),
        "curve_time": variable(dims, padded("times"), "day", "time of the curve"),
        **_depths("curve_depth", dims, padded("depths"), "depth of the curve"),
        **{f"curve_{n}": _plain(padded(own), text, dims) for n, (own, text) in parts.items()},
    }

"""A population's fit as one dataset: typical numbers, spread, subjects, residuals, check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.fit.dataset import curve_variables
from cartflow.analyses.fit.mixed.asked import AskedMixed, attributes
from cartflow.analyses.fit.mixed.check import QUANTILES, Bin
from cartflow.analyses.fit.mixed.curves import Curve
from cartflow.analyses.fit.mixed.individual import with_effects
from cartflow.analyses.fit.mixed.marginal import Population
from cartflow.analyses.fit.mixed.search import Ended
from cartflow.analyses.fit.mixed.spread import Spread
from cartflow.analyses.fit.problem import Problem
from cartflow.core.dataset import label, variable, without_fill

Array = np.ndarray
CURVES = {
    "middle": ("own", "prediction with the subject's own numbers"),
    "typical": ("typical", "prediction without random effects"),
}
_COORDINATES = ("parameter", "random", "subject_name", "subject", "observable", "time")


def mixed_dataset(
    problem: Problem,
    population: Population,
    ended: Ended,
    spread: Spread,
    bins: Sequence[Bin],
    curves: Sequence[Curve],
    asked: AskedMixed,
) -> xr.Dataset:
    """Return the dataset of a population's fit; its attributes say what was asked for."""
    variables = {
        **_typical(population, ended, spread),
        **_random(population, spread),
        **_subjects(problem, population, ended, spread),
        **data_variables(problem, population, ended),
        **check_variables(bins),
        **curve_variables(curves, CURVES),
    }
    dataset = xr.Dataset(variables).set_coords(list(_COORDINATES))
    dataset.attrs = attributes(problem, population, ended, asked)
    return without_fill(dataset)


def _plain(values: Any, text: str, *dims: str) -> xr.Variable:
    return xr.Variable(dims, values, {"long_name": text})


def _typical(population: Population, ended: Ended, spread: Spread) -> dict[str, xr.Variable]:
    layout, vector = population.layout, ended.vector
    count = len(layout.parameters) + len(layout.sized)
    sized = [layout.covariates[k].name for k in layout.sized]
    values = np.concatenate(
        [_outer(layout, vector[: len(layout.parameters)]), vector[len(layout.parameters) : count]]
    )
    variance = np.diag(spread.covariance)[:count]
    inner = np.sqrt(np.where(variance > 0, variance, np.nan))
    logged = np.array([p.logarithmic for p in layout.parameters] + [False] * len(sized))
    names = [p.name for p in layout.parameters] + sized
    units = [p.unit for p in layout.parameters] + ["1"] * len(sized)
    return {
        "parameter": label(("parameter",), names, "parameter"),
        "parameter_unit": label(("parameter",), units, "unit of the parameter"),
        "estimate": _plain(values, "estimate of the typical value, in parameter_unit", "parameter"),
        "standard_error": _plain(
            inner * np.where(logged, values, 1.0), "standard error, in parameter_unit", "parameter"
        ),
        "relative_error": _plain(
            np.where(logged, inner, np.nan), "standard error of the natural logarithm", "parameter"
        ),
        "covariance": _plain(
            spread.covariance, "covariance of all that is estimated", "estimated", "other_estimated"
        ),
    }


def _outer(layout: Any, inner: Array) -> Array:
    """Return values in their units; `inner` may have subjects first."""
    logged = np.array([p.logarithmic for p in layout.parameters])
    return np.where(logged, np.exp(np.where(logged, inner, 0.0)), inner)


def _random(population: Population, spread: Spread) -> dict[str, xr.Variable]:
    layout = population.layout
    logged = np.array([layout.parameters[k].logarithmic for k in layout.places])
    cv = np.where(logged, np.sqrt(np.expm1(spread.deviations**2)), np.nan)
    one = ("random",)
    return {
        "random": label(one, layout.random, "number that differs between subjects"),
        "omega": _plain(
            spread.deviations, "standard deviation of the random effect on the scale sought", *one
        ),
        "omega_error": _plain(spread.errors, "standard error of omega", *one),
        "variation": _plain(cv, "coefficient of variation, sqrt(exp(omega^2) - 1)", *one),
        "correlation": _plain(spread.correlation, "correlation", "random", "other_random"),
        "shrinkage": _plain(spread.shrinkage, "1 - sd(eta)/omega", *one),
    }


def _subjects(
    problem: Problem, population: Population, ended: Ended, spread: Spread
) -> dict[str, xr.Variable]:
    layout = population.layout
    inner = _inner(population, ended)
    deviations = np.array(
        [np.sqrt(np.diag(np.linalg.inv(mode.curvature))) for mode in ended.at.modes]
    )
    dims = ("subject_name", "random")
    return {
        "subject_name": label(("subject_name",), [s.name for s in problem.subjects], "subject"),
        "individual_estimate": _plain(
            _outer(layout, inner)[:, layout.places], "likeliest value of the subject's own", *dims
        ),
        "random_effect": _plain(spread.eta, "likeliest random effect (empirical Bayes)", *dims),
        "random_effect_deviation": _plain(deviations, "its standard deviation given data", *dims),
        "subject_loss": _plain(ended.at.losses, "-ln L of the subject", "subject_name"),
    }


def _inner(population: Population, ended: Ended) -> Array:
    layout = population.layout
    typical = layout.typical(ended.vector)
    return np.array(
        [
            with_effects(row, layout.places, mode.eta)
            for row, mode in zip(typical, ended.at.modes, strict=True)
        ]
    )


def data_variables(
    problem: Problem, population: Population, ended: Ended
) -> dict[str, xr.Variable]:
    """Return the table with what is predicted of it, with and without random effects."""
    data, one = problem.measurements, ("datum",)
    typical = population.layout.typical(ended.vector)
    owners = np.array(data.subject, dtype=object)
    found = {n: np.full(data.size, np.nan) for n in ("value", "individual", "typical", "residual")}
    units = np.full(data.size, "", dtype=object)
    for k, alone in enumerate(population.individuals):
        rows = np.flatnonzero(owners == problem.subjects[k].name)
        own = ended.at.modes[k].at.predicted
        middle = alone.evaluate(typical[k], slopes=False).predicted
        for each in alone.measured:
            here = rows[each.entries]
            units[here] = each.unit
            found["value"][here] = each.data.value
            found["individual"][here] = own[each.entries]
            found["typical"][here] = middle[each.entries]
            values = alone.values(_inner(population, ended)[k])
            numbers = each.numbers(values)
            away = each.error.standardised(each.data, own[each.entries], numbers)
            found["residual"][here] = np.where(each.data.censored, np.nan, away)
    return {
        "subject": label(one, list(data.subject), "subject"),
        "observable": label(one, list(data.observable), "observable"),
        "unit": label(one, units.tolist(), "unit of value and predictions"),
        "time": variable(one, data.time, "day", "time"),
        "value": _plain(found["value"], "measured value, nan where below quantification", *one),
        "lloq": _plain(data.lloq, "limit of quantification", *one),
        "censored": _plain(data.censored.astype(np.int8), "below quantification", *one),
        "predicted": _plain(found["individual"], "prediction with the subject's own numbers", *one),
        "typical_predicted": _plain(found["typical"], "prediction without random effects", *one),
        "residual": _plain(found["residual"], "standardised residual of the subject", *one),
    }


def check_variables(bins: Sequence[Bin]) -> dict[str, xr.Variable]:
    """Return the visual predictive check by bin."""
    if not bins:
        return {}
    dims = ("bin", "quantile")
    texts = {
        "seen": "percentile of what was measured",
        "low": "5 % of the simulated percentiles",
        "middle": "median of the simulated percentiles",
        "high": "95 % of the simulated percentiles",
    }
    return {
        "quantile": _plain(np.array(QUANTILES), "part of the values below", "quantile"),
        "bin_observable": label(("bin",), [b.observable for b in bins], "observable of the bin"),
        "bin_time": variable(("bin",), [b.time for b in bins], "day", "median time of the bin"),
        "bin_count": _plain([b.count for b in bins], "measured values in the bin", "bin"),
        **{f"bin_{n}": _plain([getattr(b, n) for b in bins], t, *dims) for n, t in texts.items()},
    }

"""What monitoring found as one dataset: numbers, courses with bands, chances over time, data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.bedside.estimates import quantiles
from cartflow.analyses.bedside.events import Event
from cartflow.analyses.bedside.monitored import BAND, Known
from cartflow.analyses.bedside.patient import Patient
from cartflow.analyses.bedside.posterior import Posterior
from cartflow.analyses.bedside.prior import Prior
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.dataset import label, variable, without_fill
from cartflow.core.units.conversion import to_internal

Array = np.ndarray
_COURSE = ("patient", "quantity", "time")
_EVENT = ("patient", "event", "time")
_COORDINATES = ("patient", "parameter", "quantity", "event", "time", "subject", "observable")


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """A patient with draws, and what is known `before` and `after` its values."""

    patient: Patient
    posterior: Posterior
    before: Known
    after: Known


def monitored_dataset(
    told: Sequence[Told],
    prior: Prior,
    data: Measurements,
    events: Sequence[Event],
    days: Array,
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """Return the dataset of monitored patients."""
    variables = {
        "patient": label(("patient",), [t.patient.name for t in told], "patient"),
        "time": variable(("time",), days, "day", "time since the start of the run"),
        **_numbers(told, prior),
        **_courses(told, events),
        **_chances(told, events),
        **_quality(told),
        **_data(told, data),
    }
    dataset = xr.Dataset(variables).set_coords([n for n in _COORDINATES if n in variables])
    dataset.attrs = dict(attributes)
    return without_fill(dataset)


def _plain(values: Any, text: str, *dims: str) -> xr.Variable:
    return xr.Variable(dims, np.asarray(values), {"long_name": text})


def _numbers(told: Sequence[Told], prior: Prior) -> dict[str, xr.Variable]:
    spreads, dims = prior.spreads, ("patient", "parameter")
    wide = np.array([each.deviation for each in spreads])
    logged = np.array([each.logarithmic for each in spreads])
    outer = [t.patient.values(_inner(t, prior)) for t in told]
    bands = np.array(
        [quantiles(v, t.posterior.weights, BAND) for v, t in zip(outer, told, strict=True)]
    )
    typical = np.array([t.patient.values(t.patient.typical[None])[0] for t in told])
    ends = {
        side: np.where(
            logged, typical * np.exp(z * np.where(logged, wide, 0.0)), typical + z * wide
        )
        for side, z in (("low", -_Z), ("high", _Z))
    }
    return {
        "parameter": label(("parameter",), [s.key for s in spreads], "number of the model"),
        "parameter_unit": label(("parameter",), [s.unit for s in spreads], "unit of the number"),
        "deviation": _plain(
            wide,
            "standard deviation between patients, of the logarithm where logarithmic",
            "parameter",
        ),
        "logarithmic": _plain(logged.astype(np.int8), "whether log-normal", "parameter"),
        "prior_covariance": _plain(
            prior.covariance,
            "covariance between patients of what differs, of logarithms where logarithmic",
            "differs",
            "other_differs",
        ),
        "prior_median": _plain(typical, "median before the values", *dims),
        "prior_low": _plain(ends["low"], "5th percentile before the values", *dims),
        "prior_high": _plain(ends["high"], "95th percentile before the values", *dims),
        "posterior_low": _plain(bands[:, 0], "5th percentile after the values", *dims),
        "posterior_median": _plain(bands[:, 1], "median after the values", *dims),
        "posterior_high": _plain(bands[:, 2], "95th percentile after the values", *dims),
        "draw_value": _plain(outer, "values of the draws", "patient", "draw", "parameter"),
        "draw_weight": _plain(
            [t.posterior.weights for t in told],
            "weight of the draws after the values",
            "patient",
            "draw",
        ),
    }


_Z = 1.6448536269514722


def _inner(told: Told, prior: Prior) -> Array:
    return told.patient.inner(told.posterior.effects, prior.places)


def _courses(told: Sequence[Told], events: Sequence[Event]) -> dict[str, xr.Variable]:
    first = told[0].patient
    names = [s.quantity.name for s in first.seen]
    # A quantity of an event that is measured too is shown once, in the unit of its values.
    shown = [k for k, n in enumerate(names) if n not in names[:k]]
    units = [m.unit for m in _all_measured(told)] + [e.unit for e in events]
    found = {
        "quantity": label(("quantity",), [names[k] for k in shown], "quantity"),
        "quantity_unit": label(("quantity",), [units[k] for k in shown], "unit of the quantity"),
    }
    for prefix, when in (("prior_course", "before"), ("course", "after")):
        bands = np.array([getattr(t, when).bands[:, shown] for t in told])
        for k, name in enumerate(("low", "median", "high")):
            text = f"{('5th', '50th', '95th')[k]} percentile {when} the values"
            found[f"{prefix}_{name}"] = _plain(bands[:, k], text, *_COURSE)
    return found


def _all_measured(told: Sequence[Told]) -> list[Any]:
    """Return what is measured of any patient, in the order in which it is seen."""
    by_name = {m.observable.name: m for t in told for m in t.patient.problem.measured}
    return [by_name[s.quantity.name] for s in told[0].patient.seen[: len(by_name)]]


def _chances(told: Sequence[Told], events: Sequence[Event]) -> dict[str, xr.Variable]:
    if not events:
        return {}
    found = {"event": label(("event",), [e.name for e in events], "event")}
    for prefix, when in (("prior_chance", "before"), ("chance", "after")):
        texts = (
            ("by", "chance that it has happened until then"),
            ("by_error", "Monte Carlo standard error of it"),
            ("now", "chance that it is so then"),
        )
        for name, text in texts:
            values = [getattr(getattr(t, when), name) for t in told]
            found[f"{prefix}_{name}"] = _plain(values, f"{text}, {when} the values", *_EVENT)
        for k, part in enumerate(("low", "median", "high")):
            text = f"{('5th', '50th', '95th')[k]} percentile of when, of those to whom it happens"
            values = [getattr(t, when).when[:, k] for t in told]
            own = variable(("patient", "event"), np.array(values), "day", f"{text}, {when}")
            found[f"{prefix}_when_{part}"] = own
    return found


def _quality(told: Sequence[Told]) -> dict[str, xr.Variable]:
    one = ("patient",)
    return {
        "effective_size": _plain(
            [t.posterior.size for t in told], "effective sample size of the draws", *one
        ),
        "largest_weight": _plain(
            [t.posterior.weights.max() for t in told], "largest weight of a draw", *one
        ),
        "failed": _plain([t.posterior.failed for t in told], "draws that could not be run", *one),
    }


def _data(told: Sequence[Told], data: Measurements) -> dict[str, xr.Variable]:
    one = ("datum",)
    units = {m.observable.name: m.unit for m in _all_measured(told)}
    own = [units[name] for name in data.observable]
    factors = np.array(
        [
            1.0
            if there == here
            else to_internal(f"1 {there}", here) / to_internal(f"1 {here}", here)
            for there, here in zip(data.unit, own, strict=True)
        ]
    )
    return {
        "subject": label(one, list(data.subject), "patient of the value"),
        "observable": label(one, list(data.observable), "what was measured"),
        "unit": label(one, own, "unit of value and lloq"),
        "value_time": variable(one, data.time, "day", "time of the value"),
        "value": _plain(data.value * factors, "measured value, nan below quantification", *one),
        "lloq": _plain(data.lloq * factors, "limit of quantification", *one),
        "censored": _plain(data.censored.astype(np.int8), "below quantification", *one),
    }

"""A PEtab problem's measurements and curves as variables of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.fit.petab.likelihood import said
from cartflow.analyses.fit.petab.problem import PetabProblem
from cartflow.core.dataset import label

Array = np.ndarray
BANDS = {
    "middle": "prediction",
    "low": "lower end of its 90 % band",
    "high": "upper end of its 90 % band",
    "new_low": "lower end of the 90 % band of new values",
    "new_high": "upper end of the 90 % band of new values",
}


def data_variables(problem: PetabProblem, inner: Array) -> dict[str, xr.Variable]:
    """Return the measurements, with what is predicted at inner values."""
    found = problem.predicted(inner, False)[0]
    data, one = problem.measurements, ("datum",)
    residual = said(problem.tables, found).residual
    return {
        "subject": label(one, list(data.subject), "condition"),
        "observable": label(one, list(data.observable), "observable"),
        "unit": label(one, list(data.unit), "unit of the value"),
        "time": _plain(data.time, "time in the unit of the model", *one),
        "value": _plain(data.value, "measured value", *one),
        "lloq": _plain(data.lloq, "limit of quantification", *one),
        "censored": _plain(data.censored.astype(np.int8), "below quantification", *one),
        "predicted": _plain(found.predicted, "prediction at the estimates", *one),
        "noise": _plain(found.noise, "size of the noise", *one),
        "residual": _plain(residual, "standardised residual", *one),
    }


def curve_variables(problem: PetabProblem, told: Mapping[str, Array]) -> dict[str, xr.Variable]:
    """Return what is `told` of each measurement in order of time, by condition and observable.

    Of `BANDS` what is not told is nan.
    """
    data = problem.measurements
    pairs = list(zip(data.subject, data.observable, strict=True))
    names = list(dict.fromkeys(pairs))
    size = max(pairs.count(name) for name in names)
    found = {key: np.full((len(names), size), np.nan) for key in ("time", *BANDS)}
    for row, name in enumerate(names):
        here = np.flatnonzero([pair == name for pair in pairs])
        here = here[np.argsort(data.time[here], kind="stable")]
        for key, values in {"time": data.time, **told}.items():
            found[key][row, : len(here)] = values[here]
    texts = {"time": "time of the curve", **{k: BANDS[k] for k in told}}
    return {
        "curve_subject": label(("curve",), [n[0] for n in names], "condition of the curve"),
        "curve_observable": label(("curve",), [n[1] for n in names], "observable of the curve"),
        **{
            f"curve_{key}": _plain(each, texts.get(key, "not worked out"), "curve", "curve_point")
            for key, each in found.items()
        },
    }


def _plain(values: Any, text: str, *dims: str) -> xr.Variable:
    return xr.Variable(dims, values, {"long_name": text})

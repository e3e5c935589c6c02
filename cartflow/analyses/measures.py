"""Single numbers that a run comes to, for asking what they depend on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.pbpk.metrics import auc, auc_slope
from cartflow.results.result import Result
from cartflow.study.study import Study

Array = np.ndarray
Measure = Callable[[Study, Result], float]
_MM3_PER_ML = 1e3


def _entered(study: Study, result: Result) -> float:
    numbers = result.summary()
    volume = study.geometry.volume / _MM3_PER_ML
    return numbers["reached_tumour"] / numbers["infused"] / volume


def _cells(_study: Study, result: Result) -> float:
    times = np.asarray(result.tree["time"])
    inside = np.asarray(result.tree["balance"].to_dataset()["in_tumour"].sum("phenotype"))
    return auc(times, inside)


def _tumour(study: Study, result: Result) -> float:
    times = np.asarray(result.tree["time"])
    return auc(times, _tumour_cells(study, result)) / float(times[-1])


def _tumour_cells(study: Study, result: Result) -> Array:
    """Return the tumour cells at every saved time."""
    tumour = result.tree["tumour"].to_dataset()
    names = _tumour_names(study)
    cells = xr.concat([tumour[n] for n in names], dim="species") * tumour["cell_volume"]
    return np.asarray(cells.sum([dim for dim in cells.dims if dim != "time"]))


def _tumour_names(study: Study) -> list[str]:
    names = [s.name for s in study.kinetics.species if _is_tumour(s.name, s.role, s.unit)]
    if not names:
        raise InputError("sensitivity: --of tumour: no species of the kinetics is a tumour cell")
    return names


def _is_tumour(name: str, role: str, unit: str) -> bool:
    return name.startswith("tumour") and role == "resident" and unit == "cell/mm^3"


def _depth(_study: Study, result: Result) -> float:
    return result.summary()["depth"]


def _blood(_study: Study, result: Result) -> float:
    times = np.asarray(result.tree["time"])
    body = result.tree["body"].to_dataset()
    if "blood_concentration" not in body:
        raise InputError("--of blood: no blood feeds this tumour")
    venous = body["blood_concentration"].sum("phenotype")
    return auc(times, np.asarray(venous))


def _entered_slopes(study: Study, result: Result) -> Array:
    found, numbers = result.derivatives, result.summary()
    reached, infused = numbers["reached_tumour"], numbers["infused"]
    change = found["reached_tumour"] / reached - found["infused"] / infused
    return np.asarray(change) * _entered(study, result)


def _cells_slopes(_study: Study, result: Result) -> Array:
    inside = result.tree["balance"].to_dataset()["in_tumour"].sum("phenotype")
    return _area_slopes(result, np.asarray(inside), ["in_tumour"])


def _tumour_slopes(study: Study, result: Result) -> Array:
    names = [f"amount_{name}" for name in _tumour_names(study)]
    end = float(np.asarray(result.tree.coords["time"])[-1])
    return _area_slopes(result, _tumour_cells(study, result), names) / end


def _depth_slopes(_study: Study, result: Result) -> Array:
    return np.asarray(result.derivatives["depth"])


def _blood_slopes(_study: Study, result: Result) -> Array:
    venous = result.tree["body"].to_dataset()["blood_concentration"].sum("phenotype")
    return _area_slopes(result, np.asarray(venous), ["blood_concentration"])


def _area_slopes(result: Result, values: Array, names: list[str]) -> Array:
    """Return the slopes of the area under `values`, the sum of the courses `names`."""
    times, found = np.asarray(result.tree["time"]), result.derivatives
    slopes = sum(np.asarray(found[f"course_{name}"]) for name in names)
    return np.array([auc_slope(times, values, each) for each in np.atleast_2d(slopes)])


# The derivatives of each measure to the numbers of a result with derivatives.
SLOPES: dict[str, Callable[[Study, Result], Array]] = {
    "entered": _entered_slopes,
    "cells": _cells_slopes,
    "tumour": _tumour_slopes,
    "depth": _depth_slopes,
    "blood": _blood_slopes,
}

# What each measures, with its unit.
MEASURES: dict[str, tuple[Measure, str]] = {
    "entered": (_entered, "cells that enter the tumour per infused cell and mL"),
    "cells": (_cells, "product cells in the tumour x days"),
    "tumour": (_tumour, "tumour cells, mean over time"),
    "depth": (_depth, "depth that holds 95 % of the product cells at the end, mm"),
    "blood": (_blood, "concentration in venous blood x days, cells/uL x day"),
}

"""Single numbers that a run comes to, for asking what they depend on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.pbpk.metrics import auc
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
    tumour = result.tree["tumour"].to_dataset()
    times = np.asarray(result.tree["time"])
    names = [s.name for s in study.kinetics.species if _is_tumour(s.name, s.role, s.unit)]
    if not names:
        raise InputError("sensitivity: --of tumour: no species of the kinetics is a tumour cell")
    cells = xr.concat([tumour[n] for n in names], dim="species") * tumour["cell_volume"]
    counted = np.asarray(cells.sum([dim for dim in cells.dims if dim != "time"]))
    return auc(times, counted) / float(times[-1])


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


# What each measures, with its unit.
MEASURES: dict[str, tuple[Measure, str]] = {
    "entered": (_entered, "cells that enter the tumour per infused cell and mL"),
    "cells": (_cells, "product cells in the tumour x days"),
    "tumour": (_tumour, "tumour cells, mean over time"),
    "depth": (_depth, "depth that holds 95 % of the product cells at the end, mm"),
    "blood": (_blood, "concentration in venous blood x days, cells/uL x day"),
}
